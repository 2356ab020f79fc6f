package io.understudy.core.coordinator;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Settings;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.Scenes;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeadershipPlacementTest {

    private static final MonotonicTime START = new MonotonicTime(0);
    private static final MonotonicTime LATER = START.plus(LeadershipPlacement.SETTLE);

    @Test
    void leadershipLeavesThePrimarysNodeOnceTheTenureIsSettled() {
        assertThat(LeadershipPlacement.better(state(Phase.OPEN), heard(Phase.OPEN), A, LATER))
                .contains(B);
        assertThat(LeadershipPlacement.better(
                        state(Phase.OPEN), heard(Phase.OPEN), A, LATER.plus(java.time.Duration.ofMillis(-1))))
                .isEmpty();
    }

    @Test
    void leadershipStaysWhileATenureIsNotOpenAndOnAnyOtherNode() {
        assertThat(LeadershipPlacement.better(state(Phase.GRANTED), heard(Phase.GRANTED), A, LATER))
                .isEmpty();
        assertThat(LeadershipPlacement.better(state(Phase.OPEN), heard(Phase.OPEN), B, LATER))
                .isEmpty();
    }

    private static ClusterState state(Phase phase) {
        return Scenes.ruledByA(phase, Settings.DEFAULT, InSyncConfiguration.semiSync(1, List.of(member(B), member(C))));
    }

    private static Sightings heard(Phase phase) {
        ClusterState state = state(phase);
        Lookout lookout = new Lookout(state, START);
        lookout.received(
                Report.of(
                        Scenes.record(B),
                        Assignment.of(state, B),
                        Scenes.seen(B, ONE, Scenes.streaming(A, 500)),
                        "R55",
                        List.of()),
                state,
                LATER);
        return lookout.sightings();
    }
}
