package io.understudy.cli.api;

import io.understudy.agent.api.AcceptedView;
import io.understudy.agent.api.AgentView;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ErrorView;
import io.understudy.agent.api.ErrorView.Problem;
import io.understudy.agent.api.HistoryView;
import io.understudy.agent.api.ModeBody;
import io.understudy.agent.api.PrimaryView;
import io.understudy.agent.api.QuarantineView;
import io.understudy.agent.api.SwitchoverBody;
import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** One agent's HTTP API. Thread-safe. */
public final class AgentClient {

    private static final JsonMapper JSON = Api.json();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();
    private static final int FIRST_ERROR = 400;
    private static final int LONGEST_QUOTE = 200;

    private final Endpoint address;
    private final Duration patience;

    /**
     * A client of one agent; nothing is sent yet.
     *
     * @param patience how long one request may take
     */
    public AgentClient(Endpoint address, Duration patience) {
        this.address = address;
        this.patience = patience;
    }

    public Endpoint address() {
        return address;
    }

    public ClusterView cluster() throws IOException, RequestRefusedException {
        return ask("GET", Api.CLUSTER, BodyPublishers.noBody(), ClusterView.class);
    }

    public AgentView node() throws IOException, RequestRefusedException {
        return ask("GET", Api.NODE, BodyPublishers.noBody(), AgentView.class);
    }

    public HistoryView history() throws IOException, RequestRefusedException {
        return ask("GET", Api.HISTORY, BodyPublishers.noBody(), HistoryView.class);
    }

    public AcceptedView switchover(SwitchoverBody body) throws IOException, RequestRefusedException {
        return ask("POST", Api.SWITCHOVER, json(body), AcceptedView.class);
    }

    public AcceptedView mode(ModeBody body) throws IOException, RequestRefusedException {
        return ask("POST", Api.MODE, json(body), AcceptedView.class);
    }

    public QuarantineView quarantine() throws IOException, RequestRefusedException {
        return ask("GET", Api.QUARANTINE, BodyPublishers.noBody(), QuarantineView.class);
    }

    public QuarantineView.Opened openQuarantined(String id) throws IOException, RequestRefusedException {
        return ask("POST", copy(id) + "/open", BodyPublishers.noBody(), QuarantineView.Opened.class);
    }

    public void closeQuarantined(String id) throws IOException, RequestRefusedException {
        send("POST", copy(id) + "/close", BodyPublishers.noBody());
    }

    public void dropQuarantined(String id) throws IOException, RequestRefusedException {
        send("DELETE", copy(id), BodyPublishers.noBody());
    }

    /**
     * Waits until this agent's node is primary of another epoch than {@code known}, a second at most.
     *
     * @param known as answered last; 0 when it was not primary
     */
    public PrimaryView awaitPrimaryOtherThan(long known) throws IOException, RequestRefusedException {
        return ask(
                "GET",
                Api.PRIMARY + "?" + Api.KNOWN + "=" + known + "&" + Api.SECONDS + "=1",
                BodyPublishers.noBody(),
                PrimaryView.class);
    }

    private static String copy(String id) {
        return Api.QUARANTINE + "/" + URLEncoder.encode(id, StandardCharsets.UTF_8);
    }

    private static HttpRequest.BodyPublisher json(Object body) {
        return BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
    }

    private <T> T ask(String method, String path, HttpRequest.BodyPublisher body, Class<T> type)
            throws IOException, RequestRefusedException {
        String answer = send(method, path, body);
        try {
            return JSON.readValue(answer, type);
        } catch (JacksonException notOurs) {
            throw new AgentUnreachableException(
                    "What answers on http://" + address + path + " is no Understudy agent of this version: found "
                            + quote(answer) + ", expected " + type.getSimpleName() + ". Check the address.",
                    notOurs);
        }
    }

    private String send(String method, String path, HttpRequest.BodyPublisher body)
            throws IOException, RequestRefusedException {
        HttpResponse<String> response = exchange(method, path, body);
        if (response.statusCode() >= FIRST_ERROR) {
            throw new RequestRefusedException(response.statusCode(), problem(response));
        }
        return response.body();
    }

    private HttpResponse<String> exchange(String method, String path, HttpRequest.BodyPublisher body)
            throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .timeout(patience)
                .header("Content-Type", "application/json")
                .method(method, body)
                .build();
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            InterruptedIOException told = new InterruptedIOException("interrupted while asking " + address);
            told.initCause(interrupted);
            throw told;
        } catch (IOException unanswered) {
            String why = unanswered.getMessage();
            throw new AgentUnreachableException(
                    address + " does not answer: "
                            + (why == null ? unanswered.getClass().getSimpleName() : why),
                    unanswered);
        }
    }

    private static Problem problem(HttpResponse<String> response) {
        try {
            return JSON.readValue(response.body(), ErrorView.class).error();
        } catch (JacksonException notOurs) {
            return new Problem(
                    "http-" + response.statusCode(),
                    "the agent answered without saying why",
                    quote(response.body()),
                    "an error as JSON",
                    "look into the agent's log");
        }
    }

    private static String quote(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return "'" + (line.length() > LONGEST_QUOTE ? line.substring(0, LONGEST_QUOTE) + "…" : line) + "'";
    }
}
