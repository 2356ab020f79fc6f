package io.understudy.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Fault.Weight;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RepairsTest {

    private static final Duration NEVER = Duration.ofHours(1);

    private final Repairs repairs = new Repairs();
    private final List<String> made = new ArrayList<>();

    @Test
    void whoWaitsForSomethingElseMakesWhatBecomesDue() throws Exception {
        add("late", Duration.ofMillis(60));
        add("early", Duration.ofMillis(1));
        add("never", NEVER);

        assertThat(repairs.await(NEVER, () -> made.contains("late"))).isTrue();

        assertThat(made).containsExactly("early", "late");
        assertThat(repairs.takeMade())
                .extracting(lasting -> lasting.fault().name())
                .containsExactly("early", "late");
        assertThat(repairs.takeMade()).isEmpty();
    }

    @Test
    void patienceEndsWithoutWhatIsWaitedFor() throws Exception {
        add("never", NEVER);

        assertThat(repairs.await(Duration.ofMillis(1), () -> false)).isFalse();

        assertThat(made).isEmpty();
    }

    @Test
    void allAreAwaited() throws Exception {
        add("late", Duration.ofMillis(40));
        add("early", Duration.ZERO);

        repairs.awaitAll();

        assertThat(made).containsExactly("early", "late");
    }

    @Test
    void aRepairThatFailsIsNamedAndKeepsNoOtherFromBeingMade() throws Exception {
        repairs.add(fault("cut"), new Caused(List.of(), "cut", Duration.ZERO, () -> failing("no such rule")), 0);
        add("never", NEVER);

        assertThatThrownBy(repairs::awaitAll)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("The repair of cut failed: no such rule");

        repairs.add(fault("taken"), new Caused(List.of(), "taken", NEVER, () -> failing("still there")), 0);
        assertThat(repairs.abandon()).containsExactly("The repair of taken failed: still there");
        assertThat(made).containsExactly("never");
        assertThat(repairs.takeMade()).hasSize(1);
    }

    private static void failing(String text) throws IOException {
        throw new IOException(text);
    }

    private void add(String name, Duration lasts) {
        repairs.add(fault(name), new Caused(List.of(), name, lasts, () -> made.add(name)), System.nanoTime());
    }

    private static Fault fault(String name) {
        return new Fault(name, name, Weight.LIGHT, scene -> {
            throw new IOException("not caused here");
        });
    }
}
