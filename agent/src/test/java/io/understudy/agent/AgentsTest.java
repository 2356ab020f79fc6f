package io.understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.understudy.agent.api.AcceptedView;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.HistoryView;
import io.understudy.agent.api.NodeView;
import io.understudy.agent.api.PrimaryView;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.reconciler.Action;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentsTest {
    /** Of the parts without a database; generous for a busy machine. */
    private static final long LONGEST_TAKE_OVER_MILLIS = 2_000;

    @TempDir
    private Path directory;

    @Test
    void aClusterFormsSurvivesItsPrimaryAndSwitchesOver() throws IOException {
        try (TestCluster cluster = new TestCluster(3, directory)) {
            NodeId first = cluster.settled();
            assertThat(first).isEqualTo(new NodeId("n1"));

            long crashed = System.nanoTime();
            cluster.engine(first).crash();
            Await.until(
                    "another node is primary",
                    () -> cluster.openPrimary()
                            .filter(now -> !now.equals(first))
                            .isPresent());
            NodeId second = cluster.openPrimary().orElseThrow();
            long promoted = lastAction(cluster, second, Action.Promote.class) - crashed;
            NodeId third = cluster.agents.keySet().stream()
                    .filter(node -> !node.equals(first) && !node.equals(second))
                    .findFirst()
                    .orElseThrow();
            Await.until("the third follows", () -> lastAction(cluster, third, Action.Follow.class) > crashed);
            long followed = lastAction(cluster, third, Action.Follow.class) - crashed;
            assertThat(TimeUnit.NANOSECONDS.toMillis(Math.max(promoted, followed)))
                    .isLessThan(LONGEST_TAKE_OVER_MILLIS);

            cluster.settled();
            HttpResponse<String> answer = cluster.ask(third, "POST", Api.SWITCHOVER, "{\"target\":\"" + third + "\"}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
            long version =
                    Api.json().readValue(answer.body(), AcceptedView.class).ledgerVersion();
            Await.until("the switchover is done", () -> cluster.openPrimary().equals(Optional.of(third)));
            assertThat(cluster.state().orElseThrow().version()).isGreaterThan(version);
            cluster.settled();

            HistoryView history = cluster.view(first, Api.HISTORY, HistoryView.class);
            assertThat(history.changes())
                    .extracting(HistoryView.Change::cause, HistoryView.Change::to)
                    .containsExactly(
                            tuple("bootstrap", Optional.of(first.name())),
                            tuple("failover", Optional.of(second.name())),
                            tuple("switchover", Optional.of(third.name())));
            assertThat(cluster.state().orElseThrow().history().getLast().cause())
                    .isEqualTo(Cause.SWITCHOVER);
        }
    }

    @Test
    void anyAgentAnswersForTheClusterAndOneAloneSaysSo() throws IOException {
        try (TestCluster cluster = new TestCluster(3, directory)) {
            NodeId primary = cluster.settled();
            Await.until(
                    "the Raft leader heard everybody",
                    () -> cluster.view(primary, Api.CLUSTER, ClusterView.class).nodes().stream()
                            .allMatch(seen -> seen.lastHeardMillis().isPresent()));
            for (NodeId node : cluster.agents.keySet()) {
                ClusterView view = cluster.view(node, Api.CLUSTER, ClusterView.class);
                assertThat(view.source()).isEqualTo(ClusterView.Source.LEADER);
                assertThat(view.raftLeader()).contains(view.answeredBy());
                assertThat(view.nodes())
                        .hasSize(3)
                        .allMatch(seen -> seen.lastHeardMillis().isPresent());
                assertThat(view.nodes().stream().filter(seen -> seen.role() == NodeView.Role.PRIMARY))
                        .extracting(NodeView::node)
                        .containsExactly(primary.name());
                assertThat(view.guarantee())
                        .extracting(ClusterView.Guarantee::key)
                        .containsExactly("commits", "loss", "promotable");
                assertThat(view.decision()).isPresent();
            }
            NodeId alone = cluster.agents.keySet().stream()
                    .filter(node -> !node.equals(primary))
                    .findFirst()
                    .orElseThrow();
            for (NodeId node : List.copyOf(cluster.agents.keySet())) {
                if (!node.equals(alone)) {
                    cluster.stop(node);
                }
            }
            ClusterView view = cluster.view(alone, Api.CLUSTER, ClusterView.class);
            assertThat(view.source()).isEqualTo(ClusterView.Source.LOCAL);
            assertThat(view.sourceProblem()).isPresent();
            assertThat(view.answeredBy()).isEqualTo(alone.name());
            assertThat(view.guarantee()).extracting(ClusterView.Guarantee::key).containsExactly("unknown");
        }
    }

    @Test
    void aPrimaryWhoseLedgerIsGoneLosesItsLeaseAndStopsAcceptingWrites() throws IOException {
        try (TestCluster cluster = new TestCluster(3, directory)) {
            NodeId primary = cluster.settled();
            assertThat(cluster.status(primary, "/primary")).isEqualTo(200);
            // Before the others stop: stopping them may take longer than the lease lasts.
            long epoch = cluster.view(primary, Api.PRIMARY, PrimaryView.class)
                    .epoch()
                    .orElseThrow();
            for (NodeId node : List.copyOf(cluster.agents.keySet())) {
                if (!node.equals(primary)) {
                    cluster.stop(node);
                }
            }
            FakeEngine alone = cluster.engine(primary);
            String news = Api.PRIMARY + "?known=" + epoch + "&seconds=5";
            assertThat(cluster.view(primary, news, PrimaryView.class).epoch())
                    .as("whoever waits is told when the lease is over")
                    .isEmpty();
            Await.until("the server is ended", () -> alone.done.getLast().action() instanceof Action.KillServer);
            assertThat(cluster.status(primary, "/primary")).isEqualTo(503);
            assertThat(cluster.status(primary, "/liveness")).isEqualTo(200);
        }
    }

    private static long lastAction(TestCluster cluster, NodeId node, Class<? extends Action> type) {
        return cluster.engine(node).done.stream()
                .filter(done -> type.isInstance(done.action()))
                .mapToLong(FakeEngine.Done::nanos)
                .max()
                .orElse(0);
    }
}
