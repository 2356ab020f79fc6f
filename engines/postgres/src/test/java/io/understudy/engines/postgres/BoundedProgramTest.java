package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.engines.EngineException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BoundedProgramTest {

    /** More than a pipe has room for. */
    private static final String LONG = "x".repeat(4 << 20);

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aProgramThatNeverReadsItsInputIsEndedWhenItsTimeIsOver() throws Exception {
        Process deaf = new ProcessBuilder("sleep", "1000").start();
        try {
            assertThatThrownBy(() -> BoundedProgram.await(deaf, LONG, Duration.ofMillis(300)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("took more than PT0.3S");
            assertThat(deaf.waitFor(5, TimeUnit.SECONDS)).isTrue();
        } finally {
            deaf.destroyForcibly();
        }
    }

    @Test
    void aProgramReadsAllOfALongInputBeforeItsStatusIsTaken() throws Exception {
        Process counting = new ProcessBuilder("sh", "-c", "test $(wc -c) = " + LONG.length()).start();
        assertThat(BoundedProgram.await(counting, LONG, Duration.ofSeconds(20))).isZero();
    }
}
