package io.understudy.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.cli.ExitStatus;
import io.understudy.core.cluster.ReplicationMode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program on real processes: three agents, three guards, three servers. */
final class DemoTest {

    @TempDir
    Path parent = Path.of("");

    @Test
    void aKilledPrimaryIsReplacedAndNothingAcknowledgedIsLost() throws Exception {
        // The servers run as another user when the build runs as root.
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path directory = parent.resolve("demo");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        DemoOptions options = new DemoOptions(
                ReplicationMode.SEMI_SYNC,
                3,
                Fault.CRASH,
                1,
                DemoOptions.Ending.STOP,
                Optional.of(directory),
                DemoOptions.Output.JSON);

        int status = new Demo(options, new PrintWriter(out, true), new PrintWriter(err, true)).play();

        assertThat(status).as(err.toString()).isEqualTo(ExitStatus.DONE);
        assertThat(out.toString().lines())
                .singleElement()
                .asString()
                .contains(
                        "\"mode\":\"semi-sync\",\"fault\":\"crash\"", "\"lost\":0,\"duplicated\":0", "\"healed\":true")
                .doesNotContain("\"acknowledged\":0,", "\"oldPrimary\":\"node-a\",\"newPrimary\":\"node-a\"");
        assertThat(directory).doesNotExist();
        assertThat(ProcessHandle.allProcesses()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(directory.toString())))
                .isEmpty();
    }
}
