package io.understudy.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a process is really gone. */
final class SeenProcessTest {

    private static final Duration SHORT = Duration.ofMillis(50);

    @TempDir
    Path directory = Path.of("");

    @Test
    void aProcessIsNotGoneWhileOneOfItsThreadsLivesThoughNobodyCanTellAnyMoreWhereItWorks() throws Exception {
        Process process = FirstThreadGone.start(directory);
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("named");
            SeenProcess seen = SeenProcess.of(process.pid()).orElseThrow();
            assertThat(StrayServer.serversIn(directory)).containsExactly(seen);
            assertThat(StrayServer.leaving(directory)).doesNotContain(seen);

            process.outputWriter().append('\n').flush();
            RunningGuard.await("its first thread ends", () -> !RunningGuard.runs(process.pid()));
            assertThat(StrayServer.processesIn(directory)).isEmpty();
            assertThat(seen.ended()).isFalse();
            assertThat(seen.exiting()).isTrue();
            assertThat(StrayServer.leaving(directory)).contains(seen);
            assertThat(StrayServer.awaitEnd(List.of(seen), SHORT)).containsExactly(seen);

            process.outputWriter().close();
            assertThat(StrayServer.awaitEnd(List.of(seen), RunningGuard.PATIENCE))
                    .isEmpty();
            assertThat(seen.exiting()).isFalse();
            assertThat(StrayServer.leaving(directory)).doesNotContain(seen);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void anotherProcessOfTheSameIdIsAnother() throws IOException {
        SeenProcess self = SeenProcess.of(ProcessHandle.current().pid()).orElseThrow();
        assertThat(self.ended()).isFalse();
        assertThat(self.exiting()).isFalse();
        assertThat(new SeenProcess(self.pid(), self.startTicks() - 1).ended()).isTrue();
        assertThat(SeenProcess.of(1L << 40)).isEmpty();
    }
}
