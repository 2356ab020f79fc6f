package io.understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.AgentView;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.ErrorView;
import io.understudy.agent.api.EventsView;
import io.understudy.agent.api.PrimaryView;
import io.understudy.agent.api.QuarantineView;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.engines.Quarantined;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpApiTest {
    @TempDir
    private static @Nullable Path directory;

    private static @Nullable TestCluster shared;
    private static NodeId primary = new NodeId("n1");

    @BeforeAll
    static void start() throws IOException {
        shared = new TestCluster(3, Objects.requireNonNull(directory));
        primary = shared.settled();
        Await.until("the lease is shown", () -> cluster().status(primary, "/primary") == 200);
        Await.until("replicas stream", () -> cluster().status(replica(), "/replica") == 200);
    }

    @AfterAll
    static void stop() {
        cluster().close();
    }

    private static TestCluster cluster() {
        return Objects.requireNonNull(shared);
    }

    private static NodeId replica() {
        return cluster().agents.keySet().stream()
                .filter(node -> !node.equals(primary))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void loadBalancersGetPatronisStatusCodes() {
        List<String> primaryOnly = List.of("/", "/primary", "/master", "/leader", "/read-write");
        List<String> both = List.of("/read-only", "/health", "/liveness", "/readiness");
        List<String> replicaOnly = List.of(
                "/replica",
                "/replica?lag=0",
                "/replica?lag=16kB",
                "/replica?lag=64MB",
                "/replica?lag=1GB",
                "/replica?lag=1.5GB",
                "/replica?lag=.5e3%20kB",
                "/replica?lag=0x400kB",
                "/replica?lag=010",
                "/replica?lag=much",
                "/replica?lag=16mb",
                "/replica?lag=",
                "/replica?lag=99999999999999999999",
                "/sync",
                "/synchronous");
        List<String> nobody = List.of(
                "/async",
                "/asynchronous",
                "/standby-leader",
                "/replica?tag_zone=a",
                "/replica?lag=-1",
                "/replica?lag=-0.5kB");
        for (String method : List.of("GET", "HEAD", "OPTIONS")) {
            expect(method, primaryOnly, 200, 503);
            expect(method, both, 200, 200);
            expect(method, replicaOnly, 503, 200);
            expect(method, nobody, 503, 503);
        }
    }

    private static void expect(String method, List<String> paths, int ofPrimary, int ofReplica) {
        for (String path : paths) {
            HttpResponse<String> one = cluster().ask(primary, method, path, "");
            HttpResponse<String> other = cluster().ask(replica(), method, path, "");
            assertThat(one.statusCode())
                    .as("%s %s of the primary", method, path)
                    .isEqualTo(ofPrimary);
            assertThat(other.statusCode())
                    .as("%s %s of a replica", method, path)
                    .isEqualTo(ofReplica);
            assertThat(one.body().isEmpty())
                    .as("%s %s has no body", method, path)
                    .isEqualTo(!method.equals("GET"));
        }
    }

    @Test
    void whoAsksForNewsOfThePrimaryIsAnsweredAtOnceWhenWhatItKnowsIsNotSo() {
        long epoch =
                cluster().view(primary, Api.PRIMARY, PrimaryView.class).epoch().orElseThrow();
        assertThat(news(primary, 0)).contains(epoch);
        assertThat(news(primary, epoch + 1)).contains(epoch);
        assertThat(news(replica(), epoch)).isEmpty();
        assertThat(news(replica(), 0)).as("after a second without news").isEmpty();
    }

    private static Optional<Long> news(NodeId node, long known) {
        return cluster()
                .view(node, Api.PRIMARY + "?known=" + known + "&seconds=1", PrimaryView.class)
                .epoch();
    }

    @Test
    void badRequestsAreToldWhatWasFoundAndExpected() {
        problem("GET", "/v1/nothing", "", 404, "not-found", "/v1/cluster");
        problem("GET", "/elsewhere", "", 404, "not-found", "/primary");
        problem("GET", "/v1", "", 404, "not-found", "/v1/cluster");
        problem("GET", "/v1/cluster/more", "", 404, "not-found", "/v1/cluster");
        problem("GET", "/v1/primary?known=0", "", 400, "bad-request", "seconds=5");
        problem("GET", "/v1/primary?known=-1&seconds=1", "", 400, "bad-request", "known=0");
        problem("GET", "/v1/primary?known=none&seconds=1", "", 400, "bad-request", "known=0");
        problem("GET", "/v1/primary?known=0&seconds=6", "", 400, "bad-request", "from 1 to 5");
        problem("DELETE", "/v1/cluster", "", 405, "wrong-method", "GET");
        problem("GET", "/v1/switchover", "", 405, "wrong-method", "POST");
        problem("POST", "/primary", "", 405, "wrong-method", "HEAD");
        problem("POST", "/v1/mode", "{", 400, "bad-request", "JSON");
        problem("POST", "/v1/mode", "null", 400, "bad-request", "JSON");
        problem("POST", "/v1/mode", "{\"mode\":\"fast\"}", 400, "bad-request", "semi-sync");
        problem("POST", "/v1/mode", "{}", 400, "bad-request", "semi-sync");
        problem("POST", "/v1/mode", "{\"mode\":\"semi-sync\",\"confirmations\":0}", 400, "bad-request", "1 or more");
        problem("POST", "/v1/mode", "{\"mode\":\"async\",\"confirmations\":1}", 400, "bad-request", "semi-sync");
        problem("POST", "/v1/mode", "{\"mode\":\"semi-sync\",\"confirmations\":3}", 409, "refused", "can do it now");
        problem("POST", "/v1/mode", " ".repeat(HttpApi.MAX_BODY_BYTES + 1), 413, "too-large", "at most");
        problem("POST", "/v1/switchover", "{\"target\":\"N 1\"}", 400, "bad-request", "name of a node");
        problem("POST", "/v1/switchover", "{\"target\":\"stranger\"}", 409, "refused", "can do it now");
        problem("POST", "/v1/switchover", "{\"target\":\"" + primary + "\"}", 409, "refused", "can do it now");
        problem("POST", "/v1/quarantine/none/open", "", 404, "not-found", "no copy is kept");
    }

    private static void problem(String method, String path, String body, int status, String code, String expected) {
        HttpResponse<String> answer = cluster().ask(replica(), method, path, body);
        assertThat(answer.statusCode())
                .as("%s %s: %s", method, path, answer.body())
                .isEqualTo(status);
        ErrorView.Problem problem =
                Api.json().readValue(answer.body(), ErrorView.class).error();
        assertThat(problem.code()).isEqualTo(code);
        assertThat(problem.expected()).contains(expected);
        assertThat(problem.next()).isNotBlank();
    }

    @Test
    void aModeIsChangedThroughAnyNode() {
        HttpResponse<String> answer = cluster().ask(replica(), "POST", Api.MODE, "{\"mode\":\"sync\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        Await.until(
                "sync is in force",
                () -> cluster().state().orElseThrow().inSync().target().mode() == ReplicationMode.SYNC
                        && !cluster().state().orElseThrow().inSync().isJoint());
        cluster().ask(primary, "POST", Api.MODE, "{\"mode\":\"semi-sync\",\"confirmations\":1}");
        Await.until(
                "semi-sync is back",
                () -> cluster().state().orElseThrow().inSync().target().mode() == ReplicationMode.SEMI_SYNC
                        && !cluster().state().orElseThrow().inSync().isJoint());
    }

    @Test
    void aKeptCopyIsListedOpenedClosedAndDropped() {
        NodeId node = replica();
        cluster()
                .engine(node)
                .kept
                .add(new Quarantined("q7", Path.of("/kept"), Instant.EPOCH, 42, "left the lineage", Optional.empty()));
        assertThat(cluster().view(node, Api.QUARANTINE, QuarantineView.class).copies())
                .extracting(QuarantineView.Copy::id)
                .containsExactly("q7");
        String opened =
                cluster().ask(node, "POST", Api.QUARANTINE + "/q7/open", "").body();
        assertThat(Api.json().readValue(opened, QuarantineView.Opened.class).port())
                .isEqualTo(5555);
        assertThat(cluster()
                        .view(node, Api.QUARANTINE, QuarantineView.class)
                        .copies()
                        .getFirst()
                        .openAt())
                .contains("127.0.0.1:5555");
        assertThat(cluster().ask(node, "POST", Api.QUARANTINE + "/q7/close", "").statusCode())
                .isEqualTo(200);
        assertThat(cluster().ask(node, "DELETE", Api.QUARANTINE + "/q7", "").statusCode())
                .isEqualTo(200);
        assertThat(cluster().view(node, Api.QUARANTINE, QuarantineView.class).copies())
                .isEmpty();
    }

    @Test
    void aNodeTellsOfItself() {
        AgentView view = cluster().view(primary, Api.NODE, AgentView.class);
        assertThat(view.node()).isEqualTo(primary.name());
        assertThat(view.pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(view.seen().server()).isEqualTo("primary");
        assertThat(view.leaseMillis().orElseThrow()).isBetween(1L, 3_000L);
        assertThat(view.replicas()).hasSize(2);
        assertThat(view.ledgerProblem()).isEmpty();
        EventsView events = cluster().view(primary, Api.EVENTS, EventsView.class);
        assertThat(events.events()).extracting(EventsView.Event::kind).contains("step", "ledger");
    }

    @Test
    void metricsAreInPrometheusFormatWithHelp() {
        String text = cluster().ask(primary, "GET", Api.METRICS, "").body();
        assertThat(text)
                .contains(
                        "understudy_is_primary 1.0",
                        "understudy_role{role=\"primary\"} 1.0",
                        "understudy_epoch 1.0",
                        "understudy_in_sync_members 2.0",
                        "understudy_failovers_total{cause=\"bootstrap\"} 1.0",
                        "understudy_reports_total{outcome=\"answered\"}",
                        "understudy_raft_term");
        text.lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" ")[2])
                .forEach(name -> assertThat(text).contains("# HELP " + name + " "));
    }
}
