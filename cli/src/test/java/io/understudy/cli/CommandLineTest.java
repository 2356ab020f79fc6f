package io.understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

final class CommandLineTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void everyVerbExplainsItselfAndItsExitStatuses() {
        for (String verb : List.of("demo", "run", "router", "status", "history", "switchover", "mode")) {
            assertThat(run(verb, "--help")).as(verb).isEqualTo(ExitStatus.DONE);
        }
        for (String verb : List.of("list", "open", "drop")) {
            assertThat(run("quarantine", verb, "--help")).as(verb).isEqualTo(ExitStatus.DONE);
        }
        assertThat(out.toString().split("Exit status:", -1)).hasSize(11);
    }

    @Test
    void whatSeveralVerbsAcceptIsDeclaredOnce() {
        Map<String, Set<Object>> declared = new TreeMap<>();
        declarations(Understudy.commandLine(), declared);
        for (String name : List.of("--at", "--timeout", "--node", "ID")) {
            assertThat(declared.get(name)).as(name).hasSize(1);
        }
    }

    private static void declarations(CommandLine line, Map<String, Set<Object>> declared) {
        for (ArgSpec argument : line.getCommandSpec().args()) {
            String name = argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
            declared.computeIfAbsent(name, _ -> new HashSet<>()).add(argument.userObject());
        }
        line.getSubcommands().values().forEach(verb -> declarations(verb, declared));
    }

    @Test
    void aRoutersFileIsCheckedAndNothingIsStarted(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("router.properties");
        Files.writeString(
                file, "listen = 127.0.0.1:6432\ncluster = shop\nagents = a:1\naccess.1 = TRUST all all 127.0.0.1\n");
        assertThat(run("router", "--check", "--config", file.toString())).isEqualTo(ExitStatus.DONE);
        assertThat(out.toString()).contains("can be used: a router at 127.0.0.1:6432 for cluster shop, agents [a:1]");
        Files.writeString(file, "listen = 127.0.0.1:6432\npolsize = 3\n");
        assertThat(run("router", "--check", "--config", file.toString())).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("line 2: 'polsize' is no key", "'cluster' is missing");
        assertThat(run("router", "--config", directory.resolve("none").toString()))
                .isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("Cannot use the router's file", "none");
    }

    @Test
    void theVersionIsPrinted() {
        assertThat(run("--version")).isEqualTo(ExitStatus.DONE);
        assertThat(out.toString()).matches("(?s)understudy [0-9].*");
    }

    @Test
    void wrongArgumentsAreNamedWithWhatWasExpected() {
        assertThat(run("demo", "--mode", "fast", "--nodes", "3")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("'fast' is no replication mode: expected async, semi-sync or sync");
    }

    @Test
    void everyWrongNumberIsNamedAtOnce() {
        assertThat(run("demo", "--nodes", "2", "--rounds", "-1")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("--nodes is 2, expected 3 to 7", "--rounds is -1, expected 0 to");
    }

    @Test
    void anUnknownFaultNamesTheKnownOnes() {
        assertThat(run("demo", "--fault", "flood")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("none, crash, agent, host, hang, replica, switchover, partition");
    }

    @Test
    void anAgentThatDoesNotAnswerEndsInItsOwnStatus() {
        assertThat(run("status", "--at", "127.0.0.1:1")).isEqualTo(ExitStatus.UNREACHABLE);
        assertThat(err.toString()).contains("No agent answers", "127.0.0.1:1 does not answer", "--at HOST:PORT");
    }

    @Test
    void aTimeoutThatIsNoTimeToWaitIsRefused() {
        assertThat(run("mode", "sync", "--timeout", "-5", "--at", "127.0.0.1:1"))
                .isEqualTo(ExitStatus.USAGE);
        assertThat(run("switchover", "--timeout", "0", "--at", "127.0.0.1:1")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("--timeout is -5, expected 1 to", "--timeout is 0, expected 1 to");
    }

    @Test
    void anAddressWithoutAPortIsRefused() {
        assertThat(run("history", "--at", "somewhere")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("'somewhere' is no address: expected host:port");
    }

    @Test
    void aNodeFileThatIsNotThereIsNamed() {
        assertThat(run("run", "--node-file", "/nonexistent/node.properties")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("/nonexistent/node.properties");
    }

    @Test
    void aNodeFileOfSomethingElseIsNamedWithWhatIsMissing(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("else"), "root:x:0:0\n");
        assertThat(run("run", "--node-file", file.toString())).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains(file + " cannot be used", "'nodes' is missing", "'cluster' is missing");
    }

    @Test
    void anAgentThatCannotBeginSaysWhyInItsLastLine(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("node"),
                String.join(
                        "\n",
                        "cluster=demo",
                        "node=node-a",
                        "mode=sync",
                        "directory=" + directory.resolve("node-a"),
                        "secret=" + directory.resolve("no-secret"),
                        "binaries=" + directory.resolve("binaries"),
                        "nodes=node-a",
                        "node-a.raft=127.0.0.1:1",
                        "node-a.api=127.0.0.1:2",
                        "node-a.database=127.0.0.1:3"));
        assertThat(run("run", "--node-file", file.toString())).isEqualTo(ExitStatus.FAILED);
        assertThat(err.toString().lines().toList().getLast()).contains("no-secret");
        assertThat(err.toString()).doesNotContain("\tat ");
    }

    @Test
    void aDirectoryThatCannotBeUsedIsNamedAndNothingIsLeftOfIt(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        for (String below : List.of("", "below")) {
            assertThat(run("demo", "--dir", file.resolve(below).toString())).isEqualTo(ExitStatus.USAGE);
        }
        assertThat(err.toString()).contains("cannot be used: " + file + " is no directory");
        assertThat(run("demo", "--dir", directory.toString())).isEqualTo(ExitStatus.USAGE);
        Path open = Files.createTempDirectory("understudy-");
        // Root's demonstration wants a directory that others can enter.
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path tooLong = open.resolve("x".repeat(100));
        assertThat(run("demo", "--dir", tooLong.toString())).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("too long");
        assertThat(tooLong).doesNotExist();
        Files.delete(open);
    }

    @Test
    void withoutAVerbTheVerbsAreNamed() {
        assertThat(run()).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("demo, run, router, status");
    }

    private int run(String... arguments) {
        CommandLine line = Understudy.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }
}
