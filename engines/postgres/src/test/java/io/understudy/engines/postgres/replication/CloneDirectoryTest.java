package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloneDirectoryTest {
    @TempDir
    private Path base;

    @Test
    void thePartialDirectoryLiesBesideTheTargetAndSaysWhatItIs() {
        assertThat(BaseBackup.partialOf(base.resolve("data"))).isEqualTo(base.resolve("data.clone-partial"));
        assertThat(BaseBackup.partialOf(base.resolve("data/"))).isEqualTo(base.resolve("data.clone-partial"));
    }

    @Test
    void targetsThatCanNotBeTakenAreRefusedBeforeAnythingIsCopied() throws Exception {
        Path file = Files.createFile(base.resolve("file"));
        refused("not a directory", () -> new CloneDirectory(file).checkTarget());
        Path empty = Files.createDirectory(base.resolve("empty"));
        Path link = Files.createSymbolicLink(base.resolve("link"), empty);
        refused("not a directory", () -> new CloneDirectory(link).checkTarget());
        refused("parent directory does not exist", () -> new CloneDirectory(base.resolve("no/data")).checkTarget());
    }

    @Test
    void aBackupThatDoesNotFitIsRefusedBeforeItIsCopied() {
        refused("make room", () -> new CloneDirectory(base.resolve("data")).checkSpace(Long.MAX_VALUE));
    }

    @Test
    void removingALeftoverFollowsNoLinkOutOfIt() throws Exception {
        Path precious = Files.createDirectory(base.resolve("precious"));
        Files.createFile(precious.resolve("file"));
        Path partial = Files.createDirectory(base.resolve("data.clone-partial"));
        Files.createSymbolicLink(partial.resolve("pg_wal"), precious);
        new CloneDirectory(base.resolve("data")).createPartial(FileOwner.PROCESS);
        assertThat(partial).isEmptyDirectory();
        assertThat(precious.resolve("file")).exists();
    }

    @Test
    void aLeftoverThatIsNoDirectoryIsLeftAlone() throws Exception {
        Path file = Files.writeString(base.resolve("data.clone-partial"), "mine");
        refused("not a directory", () -> new CloneDirectory(base.resolve("data")).createPartial(FileOwner.PROCESS));
        assertThat(file).hasContent("mine");
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatExceptionOfType(ReplicationException.class)
                .isThrownBy(call)
                .withMessageContaining(why)
                .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.TARGET));
    }
}
