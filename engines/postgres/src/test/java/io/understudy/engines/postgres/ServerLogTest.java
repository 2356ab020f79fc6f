package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLogTest {

    private static final String STARTING = "2026-01-02 03:04:05.678 UTC [7] LOG:  starting PostgreSQL 18.1";

    @TempDir
    private Path directory;

    private Path file;
    private ServerLog log;

    @BeforeEach
    void begin() throws IOException {
        file = directory.resolve("server.log");
        log = new ServerLog(file);
        append("2026-01-02 03:04:00.000 UTC [5] FATAL:  of an earlier run");
        log.markStart();
    }

    @Test
    void whatTheServerCallsAnErrorIsTheReason() throws IOException {
        append(STARTING);
        append("2026-01-02 03:04:05.700 UTC [9] FATAL:  requested timeline 4 is not a child");
        append("2026-01-02 03:04:05.701 UTC [9] DETAIL:  it forked off");
        append("2026-01-02 03:04:05.710 UTC [7] LOG:  startup process (PID 9) exited with exit code 1");
        assertThat(log.complaint())
                .hasValue("2026-01-02 03:04:05.700 UTC [9] FATAL:  requested timeline 4 is not a child"
                        + " / 2026-01-02 03:04:05.701 UTC [9] DETAIL:  it forked off");
    }

    @Test
    void aProcessThatDiedOfASignalIsTheReason() throws IOException {
        append(STARTING);
        append(
                "2026-01-02 03:04:05.710 UTC [7] LOG:  startup process (PID 9) was terminated by signal 11: Segmentation fault");
        append("2026-01-02 03:04:05.711 UTC [7] LOG:  aborting startup due to startup process failure");
        assertThat(log.complaint())
                .hasValue("2026-01-02 03:04:05.710 UTC [7] LOG:  startup process (PID 9) was terminated by signal 11:"
                        + " Segmentation fault");
    }

    @Test
    void theLastLineIsToldWhenNothingInItIsAnError() throws IOException {
        append("setpriv: failed to execute postgres: Permission denied");
        assertThat(log.complaint()).hasValue("setpriv: failed to execute postgres: Permission denied");
    }

    @Test
    void aRunThatWroteNothingGaveNoReason() {
        assertThat(log.complaint()).isEmpty();
    }

    private void append(String line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
