package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.ONLY_B;
import static io.understudy.core.coordinator.CoordinatorScene.healthyPrimary;
import static io.understudy.core.coordinator.CoordinatorScene.open;
import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.Scenes;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which switchovers are carried out, and which are refused. */
class SwitchingTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void aSwitchoverToAReplicaThatDoesNotStreamIsRefusedWithTheReason() {
        ClusterState state = open(ONLY_B)
                .copy()
                .switchover(new SwitchoverRequest(Instant.EPOCH, Optional.of(C), Optional.empty(), Optional.empty()))
                .done();
        Lookout lookout = scene.lookout(state);
        scene.hear(lookout, state, A, healthyPrimary(B));
        scene.hear(lookout, state, B, Scenes.seen(B, ONE, Scenes.streaming(A, 500)));

        Decision decision = scene.decide(state, lookout);

        assertThat(decision.commands()).containsExactly(new Command.CancelSwitchover());
        assertThat(decision.reason()).contains("refused: c").contains("healthy now: [b]");
    }
}
