package io.understudy.chaos.steps;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.steps.Recording.Depth;
import io.understudy.core.cluster.NodeId;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RecordingTest {

    private static final NodeId NODE = new NodeId("node-b");

    @Test
    void everyMomentIsTwoCrashPointsInTheOrderInWhichItCame() {
        List<CrashPoint> points = Recording.crashPoints(
                "switchover",
                Depth.INSIDE_STEPS,
                List.of("target"),
                List.of(
                        seen(Moment.before("Promote"), 1),
                        seen(Moment.in("Promote", "writing lineage"), 1),
                        seen(Moment.after("Promote"), 1)));

        assertThat(points)
                .extracting(CrashPoint::toString)
                .containsExactly(
                        "switchover, target, before Promote, agent killed",
                        "switchover, target, before Promote, node killed",
                        "switchover, target, in Promote, after writing lineage, agent killed",
                        "switchover, target, in Promote, after writing lineage, node killed",
                        "switchover, target, after Promote, agent killed",
                        "switchover, target, after Promote, node killed");
    }

    @Test
    void whatIsInsideAStepIsNoCrashPointUnlessAskedFor() {
        List<CrashPoint> points = Recording.crashPoints(
                "switchover",
                Depth.STEPS,
                List.of("target"),
                List.of(seen(Moment.in("Promote", "writing lineage"), 1), seen(Moment.after("Promote"), 1)));

        assertThat(points).extracting(CrashPoint::moment).containsOnly(Moment.after("Promote"));
    }

    @Test
    void aMomentCountsAsOftenAsThereAreNodesThatComeToIt() {
        List<CrashPoint> points = Recording.crashPoints(
                "failover",
                Depth.STEPS,
                List.of("target", "target", "old primary"),
                List.of(seen(Moment.after("Seal"), 1), seen(Moment.after("Seal"), 2), seen(Moment.after("Seal"), 3)));

        assertThat(points)
                .extracting(CrashPoint::toString)
                .containsExactly(
                        "failover, target, after Seal, agent killed",
                        "failover, target, after Seal, node killed",
                        "failover, target, after Seal (time 2), agent killed",
                        "failover, target, after Seal (time 2), node killed");
    }

    @Test
    void aStepThatFailedIsNoCrashPointBecauseTheNextRunMayNotFail() {
        assertThat(Recording.crashPoints(
                        "failover", Depth.STEPS, List.of("target"), List.of(seen(Moment.failed("Promote"), 1))))
                .isEmpty();
    }

    private static Watch.Seen seen(Moment moment, int time) {
        return new Watch.Seen(NODE, "target", moment, time);
    }
}
