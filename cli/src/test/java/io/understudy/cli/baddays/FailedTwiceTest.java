package io.understudy.cli.baddays;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.cli.demo.Stage;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One failure is not over when the next one comes. */
final class FailedTwiceTest {

    @TempDir
    Path parent = Path.of("");

    @Test
    void twoFailuresInARowLoseNothingAndTheClusterOpensAgainByItself() throws Exception {
        try (Stage stage = Stage.form(parent)) {
            twoPrimariesInARowFail(stage);
            theNewPrimaryFailsWhileTheOldOneIsStillDown(stage);
        }
    }

    private static void twoPrimariesInARowFail(Stage stage) throws Exception {
        TenureView first = stage.tenure();
        stage.killServer(first.holder());
        TenureView second = stage.awaitOpenAfter(first.epoch());
        stage.killServer(second.holder());
        TenureView third = stage.awaitOpenAfter(second.epoch());

        stage.awaitWhole();
        assertThat(second.holder()).isNotEqualTo(first.holder());
        assertThat(third.holder()).isNotEqualTo(second.holder());
        assertThat(second.timeline()).isGreaterThan(first.timeline());
        assertThat(third.timeline()).isGreaterThan(second.timeline());
        stage.requireNothingLost();
    }

    private static void theNewPrimaryFailsWhileTheOldOneIsStillDown(Stage stage) throws Exception {
        TenureView before = stage.tenure();
        stage.killEverything(before.holder());
        // As early as it is known who was chosen, whether it is open already or not.
        stage.await(
                "somebody else is chosen",
                () -> stage.tenure().epoch() > before.epoch()
                        && !stage.tenure().phase().equals("revoked"));
        TenureView chosen = stage.tenure();
        assertThat(chosen.holder()).isNotEqualTo(before.holder());
        stage.killEverything(chosen.holder());

        stage.startAgent(before.holder());
        stage.startAgent(chosen.holder());

        stage.awaitWhole();
        stage.requireNothingLost();
    }
}
