package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private final Queue<Runnable> background = new ArrayDeque<>();
    private long nanos;
    private boolean refusing;
    private final Admission admission = new Admission(this::logIn, () -> nanos, background::add);

    private void logIn() {
        if (refusing) {
            throw new IllegalStateException("refused");
        }
    }

    private void pass(Duration time) {
        nanos += time.toNanos() + 1;
    }

    @Test
    void itIsAskedNowAndThenAndOneAtATime() {
        assertThat(admission.isOpen()).isTrue();
        assertThat(background).as("just let in").isEmpty();
        pass(Admission.EVERY);
        assertThat(admission.isOpen()).isTrue();
        pass(Admission.EVERY);
        assertThat(admission.isOpen()).isTrue();
        assertThat(background).hasSize(1);
    }

    @Test
    void whoLetsNobodyInIsNotWellWhileItIsAskedAgain() {
        refuse();
        for (int i = 0; i < 5; i++) {
            pass(Admission.AGAIN);
            assertThat(admission.isOpen()).as("before it is asked again").isFalse();
            assertThat(background).hasSize(1);
            pass(Duration.ofSeconds(2));
            assertThat(admission.isOpen()).as("while the log-in hangs").isFalse();
            background.remove().run();
            assertThat(admission.isOpen()).as("refused again").isFalse();
        }
    }

    @Test
    void aMomentsRefusalIsOverSoon() {
        refuse();
        refusing = false;
        pass(Admission.AGAIN);
        assertThat(admission.isOpen()).isFalse();
        background.remove().run();
        assertThat(admission.isOpen()).isTrue();
    }

    @Test
    void whatWasAskedOfAFormerServerSaysNothingOfThisOne() {
        refusing = true;
        pass(Admission.EVERY);
        admission.isOpen();
        admission.letIn();
        background.remove().run();
        assertThat(admission.isOpen()).isTrue();
    }

    private void refuse() {
        refusing = true;
        pass(Admission.EVERY);
        assertThat(admission.isOpen()).as("not known yet").isTrue();
        background.remove().run();
        assertThat(admission.isOpen()).isFalse();
    }
}
