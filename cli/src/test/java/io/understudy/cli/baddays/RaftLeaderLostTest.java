package io.understudy.cli.baddays;

import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.cli.demo.Stage;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica that leads the Raft group is lost: the others elect another while the primary's lease runs. */
final class RaftLeaderLostTest {

    private static final int TIMES = 2;

    @TempDir
    Path parent = Path.of("");

    @Test
    void losingTheRaftLeaderAgainAndAgainFencesNobody() throws Exception {
        try (Stage stage = Stage.form(parent)) {
            TenureView before = stage.tenure();
            for (int time = 0; time < TIMES; time++) {
                // Away from the primary by itself, where an election has put it there.
                stage.await(
                        "a replica leads the Raft group",
                        () -> stage.raftLeader()
                                .filter(leader -> !leader.equals(before.holder()))
                                .isPresent());
                String lost = stage.raftLeader().orElseThrow();
                stage.killEverything(lost);
                stage.await(
                        "another leads the Raft group",
                        () -> stage.raftLeader()
                                .filter(leader -> !leader.equals(lost))
                                .isPresent());
                stage.awaitLoss();
                stage.awaitOrders();
                stage.requireSamePrimary(before);
                stage.startAgent(lost);
                stage.awaitWhole();
                stage.requireSamePrimary(before);
            }
            stage.requireNothingLost();
        }
    }
}
