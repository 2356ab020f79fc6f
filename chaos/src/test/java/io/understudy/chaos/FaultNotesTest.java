package io.understudy.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.FaultNotes.Played;
import io.understudy.chaos.faults.Catalogue;
import io.understudy.chaos.faults.Fault;
import io.understudy.chaos.faults.Fault.Caused;
import io.understudy.chaos.faults.Repairs.Lasting;
import io.understudy.chaos.report.ChaosReport.FaultSpan;
import io.understudy.chaos.report.ChaosReport.RoutedOutage;
import io.understudy.chaos.report.ChaosReport.UncausedFault;
import io.understudy.chaos.workload.Observed;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FaultNotesTest {

    private static final int ROUTED = 2;
    private static final Duration CALM = Duration.ZERO;
    private static final Fault LIGHT = fault("host-killed");
    private static final Fault HEAVY = fault("primary-returns-empty");

    private final Observed observed = new Observed();
    private final FaultNotes notes =
            new FaultNotes(observed.book(), client -> client == ROUTED, FaultNotesTest::toMillis);

    @Test
    void whatCouldNotBeCausedIsNotedWithWhatWasFound() {
        notes.couldNotBeCaused(LIGHT, seconds(3), "nothing runs");
        assertThat(notes.uncaused()).containsExactly(new UncausedFault("host-killed", 3_000, "nothing runs"));
        assertThat(notes.spans()).isEmpty();
    }

    @Test
    void writesThroughRoutersHaveABoundOfTheirOwn() {
        acknowledged(1, 9, 10, 11, 12);
        acknowledged(ROUTED, 9, 29);
        List<FaultSpan> noted =
                notes.repaired(List.of(lasting(LIGHT, "a")), played(Sequence.alone(LIGHT), "a", true, CALM));

        FaultSpan span = noted.getFirst();
        assertThat(span.outageMillis()).contains(17_000L);
        assertThat(span.healedMillis()).contains(5_000L);
        assertThat(span.routed()).contains(new RoutedOutage(20_000, 15_000, Optional.empty()));
        assertThat(WritesGoOnInTime.broken(span))
                .contains("fault 1, host-killed on a, happened alone, and for 20000 ms no write through a router was"
                        + " acknowledged, expected at most 15000 ms");
        assertThat(notes.spans()).isEqualTo(noted);
    }

    @Test
    void anotherNodeThanThePrimaryIsMissedForLessTime() {
        acknowledged(ROUTED, 9, 22);
        FaultSpan span = notes.repaired(List.of(lasting(LIGHT, "b")), played(Sequence.alone(LIGHT), "a", true, CALM))
                .getFirst();
        assertThat(span.routed()).contains(new RoutedOutage(13_000, 12_000, Optional.empty()));
        assertThat(WritesGoOnInTime.broken(span)).isPresent();
    }

    @Test
    void aPauseWithinTheBoundBreaksNothing() {
        acknowledged(ROUTED, 9, 24);
        FaultSpan span = notes.repaired(List.of(lasting(LIGHT, "a")), played(Sequence.alone(LIGHT), "a", true, CALM))
                .getFirst();
        assertThat(span.routed()).contains(new RoutedOutage(15_000, 15_000, Optional.empty()));
        assertThat(WritesGoOnInTime.broken(span)).isEmpty();
    }

    @Test
    void aMachineThatStoodStillIsNotedAndNothingIsHeldAgainstTheCluster() {
        acknowledged(ROUTED, 9, 29);
        FaultSpan span = notes.repaired(
                        List.of(lasting(LIGHT, "a")),
                        played(Sequence.alone(LIGHT), "a", true, Duration.ofMillis(2_001)))
                .getFirst();
        assertThat(span.routed())
                .contains(new RoutedOutage(20_000, 15_000, Optional.of("the machine stood still for 2001 ms")));
        assertThat(WritesGoOnInTime.broken(span)).isEmpty();
    }

    @Test
    void severalFaultsSeveralNodesAndHeavyFaultsMayTakeTheirTime() {
        acknowledged(ROUTED, 9, 29);
        Sequence two = new Sequence(List.of(LIGHT, HEAVY), List.of(Duration.ZERO));
        assertThat(notes.repaired(List.of(lasting(LIGHT, "a"), lasting(HEAVY, "b")), played(two, "a", true, CALM)))
                .allMatch(span -> span.routed().isEmpty());
        assertThat(notes.repaired(List.of(lasting(LIGHT, "a", "b")), played(Sequence.alone(LIGHT), "a", true, CALM)))
                .allMatch(span -> span.routed().isEmpty());
        assertThat(notes.repaired(List.of(lasting(HEAVY, "a")), played(Sequence.alone(HEAVY), "a", true, CALM)))
                .allMatch(span -> span.routed().isEmpty());
        assertThat(notes.spans()).extracting(FaultSpan::number).containsExactly(1, 2, 3, 4);
    }

    @Test
    void aClusterThatWasGivenUpIsNotJudgedOnceMore() {
        acknowledged(ROUTED, 9, 29);
        FaultSpan span = notes.repaired(List.of(lasting(LIGHT, "a")), played(Sequence.alone(LIGHT), "a", false, CALM))
                .getFirst();
        assertThat(span.healedMillis()).isEmpty();
        assertThat(span.routed()).isEmpty();
    }

    private void acknowledged(int client, int... atSeconds) {
        for (int at : atSeconds) {
            observed.acknowledged(client, seconds(at));
        }
    }

    private static Lasting lasting(Fault fault, String... nodes) {
        return new Lasting(
                fault, new Caused(List.of(nodes), "done", Duration.ofSeconds(1), () -> {}), seconds(10), seconds(25));
    }

    private static Played played(Sequence sequence, String primary, boolean whole, Duration stall) {
        return new Played(sequence, primary, seconds(25), seconds(30), whole, stall);
    }

    private static Fault fault(String name) {
        return Catalogue.of(List.of(name)).getFirst();
    }

    private static long seconds(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }

    private static long toMillis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }
}
