package io.understudy.core.coordinator;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The decision table as a whole. */
class CoordinatorTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void theReasonIsNeverEmpty() {
        assertThat(Coordinator.rules()).extracting(CoordinatorRule::id).doesNotHaveDuplicates();
        ClusterState forming = ClusterState.forming("shop", Settings.DEFAULT, List.of(A, B, C));
        assertThat(scene.decide(forming, scene.lookout(forming)).reason()).contains("waiting for");
    }
}
