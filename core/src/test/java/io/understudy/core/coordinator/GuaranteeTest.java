package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.ONLY_B;
import static io.understudy.core.coordinator.CoordinatorScene.healthyPrimary;
import static io.understudy.core.coordinator.CoordinatorScene.open;
import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.ONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Scenes;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of the guarantee that commits have. */
class GuaranteeTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void whoseCommitsWaitForLessIsSaidWithTheGuarantee() {
        ClusterState state = open(ONLY_B);
        Lookout lookout = scene.lookout(state);
        Server.Primary primary = (Server.Primary) healthyPrimary(B).server();
        Server.Primary exempting = new Server.Primary(
                primary.timeline(),
                primary.position(),
                primary.inSync(),
                primary.replicas(),
                List.of("role reporting (synchronous_commit=off)"));
        scene.hear(lookout, state, A, Scenes.seen(A, ONE, exempting));

        assertThat(Guarantee.of(state, lookout.sightings(), scene.now()).commits())
                .endsWith("by a setting of their own: role reporting (synchronous_commit=off)");
    }
}
