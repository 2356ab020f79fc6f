package io.understudy.agent;

import io.understudy.agent.HttpApi.Request;
import io.understudy.agent.api.AcceptedView;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.ErrorView.Problem;
import io.understudy.agent.api.EventsView;
import io.understudy.agent.api.ModeBody;
import io.understudy.agent.api.PrimaryView;
import io.understudy.agent.api.SwitchoverBody;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import io.understudy.core.command.Command;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** What is below {@code /v1}. */
final class ApiRoutes implements HttpApi.Routes {

    private static final String V1 = "v1";

    private final AgentSettings settings;
    private final JsonMapper json;
    private final ClusterDesk cluster;
    private final QuarantineDesk quarantine;
    private final PrimaryNews news;
    private final Events events;

    ApiRoutes(
            AgentSettings settings,
            JsonMapper json,
            ClusterDesk cluster,
            QuarantineDesk quarantine,
            PrimaryNews news,
            Events events) {
        this.settings = settings;
        this.json = json;
        this.cluster = cluster;
        this.quarantine = quarantine;
        this.news = news;
        this.events = events;
    }

    @Override
    public Answer serve(Request request) throws ApiProblem, InterruptedException {
        List<String> path = request.path();
        if (!path.getFirst().equals(V1) || path.size() < 2) {
            throw unknown(request);
        }
        return switch (path.get(1)) {
            case "cluster" -> only("GET", 2, request, () -> ok(cluster.cluster()));
            case "history" -> only("GET", 2, request, () -> ok(cluster.history()));
            case "events" ->
                only(
                        "GET",
                        2,
                        request,
                        () -> ok(new EventsView(Api.VERSION, settings.self().name(), events.all())));
            case "node" -> only("GET", 2, request, () -> ok(cluster.node()));
            case "primary" -> only("GET", 2, request, () -> ok(primary(request)));
            case "switchover" -> only("POST", 2, request, () -> switchover(request));
            case "mode" -> only("POST", 2, request, () -> mode(request));
            case "quarantine" -> quarantine(request);
            default -> throw unknown(request);
        };
    }

    private interface Handler {
        Answer serve() throws ApiProblem, InterruptedException;
    }

    private static Answer only(String method, int parts, Request request, Handler handler)
            throws ApiProblem, InterruptedException {
        if (request.path().size() != parts) {
            throw unknown(request);
        }
        if (!request.method().equals(method)) {
            throw HttpApi.wrongMethod(request.method(), "/" + String.join("/", request.path()), method);
        }
        return handler.serve();
    }

    private Answer quarantine(Request request) throws ApiProblem, InterruptedException {
        List<String> path = request.path();
        if (path.size() == 2) {
            return only("GET", 2, request, () -> ok(quarantine.list()));
        }
        String id = path.get(2);
        if (path.size() == 3) {
            return only("DELETE", 3, request, () -> {
                quarantine.drop(id);
                return ok(quarantine.list());
            });
        }
        return switch (path.get(3)) {
            case "open" -> only("POST", 4, request, () -> ok(quarantine.open(id)));
            case "close" ->
                only("POST", 4, request, () -> {
                    quarantine.close(id);
                    return ok(quarantine.list());
                });
            default -> throw unknown(request);
        };
    }

    /** Answers at once, or, when the client says what it knows, as soon as that is not true any more. */
    private PrimaryView primary(Request request) throws ApiProblem, InterruptedException {
        Optional<Epoch> now = news.primary();
        if (request.query().containsKey(Api.KNOWN)) {
            Optional<Epoch> known = Optional.of(number(request, Api.KNOWN, 0, Long.MAX_VALUE))
                    .filter(epoch -> epoch > 0)
                    .map(Epoch::new);
            Duration longest = Duration.ofSeconds(number(request, Api.SECONDS, 1, PrimaryNews.LONGEST.toSeconds()));
            now = news.awaitOther(known, longest)
                    .orElseThrow(() -> new ApiProblem(
                            503,
                            new Problem(
                                    "busy",
                                    "too many clients wait for a change of primary",
                                    "more than " + PrimaryNews.MOST_WAITING,
                                    "at most " + PrimaryNews.MOST_WAITING,
                                    "ask without '" + Api.KNOWN + "', or again in a moment")));
        }
        return new PrimaryView(
                Api.VERSION,
                settings.cluster(),
                settings.self().name(),
                now.map(Epoch::number),
                settings.own().database().toString());
    }

    private static long number(Request request, String name, long least, long most) throws ApiProblem {
        String text = request.query().getOrDefault(name, "");
        String expected = "a whole number from " + least + " to " + most + ", as in /v1/primary?" + Api.KNOWN + "=0&"
                + Api.SECONDS + "=5";
        try {
            long number = Long.parseLong(text);
            if (number < least || number > most) {
                throw ApiProblem.badRequest("parameter " + name + " is out of range", text, expected);
            }
            return number;
        } catch (NumberFormatException unreadable) {
            throw ApiProblem.badRequest("parameter " + name + " cannot be read", "'" + text + "'", expected);
        }
    }

    private Answer switchover(Request request) throws ApiProblem, InterruptedException {
        Optional<NodeId> target = request.body().length == 0
                ? Optional.empty()
                : node(read(request.body(), SwitchoverBody.class).target());
        return accepted(
                "switchover to " + target.map(NodeId::name).orElse("any node"),
                state -> List.of(new Command.RequestSwitchover(target)));
    }

    private static Optional<NodeId> node(Optional<String> name) throws ApiProblem {
        try {
            return name.map(NodeId::new);
        } catch (IllegalArgumentException unusable) {
            throw ApiProblem.badRequest(
                    String.valueOf(unusable.getMessage()), name.orElse(""), "the name of a node of this cluster");
        }
    }

    private Answer mode(Request request) throws ApiProblem, InterruptedException {
        ModeBody body = read(request.body(), ModeBody.class);
        ReplicationMode mode;
        try {
            mode = ReplicationMode.ofLabel(String.valueOf(body.mode()));
        } catch (IllegalArgumentException unknown) {
            throw ApiProblem.badRequest(
                    String.valueOf(unknown.getMessage()), String.valueOf(body.mode()), "async, semi-sync or sync");
        }
        Optional<Integer> confirmations = body.confirmations();
        if (confirmations.filter(count -> count < 1).isPresent()) {
            throw ApiProblem.badRequest(
                    "confirmations is out of range", String.valueOf(confirmations.get()), "1 or more");
        }
        if (confirmations.isPresent() && mode != ReplicationMode.SEMI_SYNC) {
            throw ApiProblem.badRequest(
                    "confirmations is of semi-sync alone", "mode " + mode, "no confirmations, or mode semi-sync");
        }
        return accepted(
                "mode " + mode
                        + confirmations.map(count -> ", confirmations " + count).orElse(""),
                state -> List.of(new Command.ChangeSettings(changed(state.settings(), mode, confirmations))));
    }

    private static Settings changed(Settings from, ReplicationMode mode, Optional<Integer> confirmations) {
        return new Settings(
                mode,
                confirmations.orElse(from.confirmations()),
                from.minInSync(),
                from.onShortage(),
                from.lease(),
                from.maxFailoverLagBytes());
    }

    private Answer accepted(String what, Function<ClusterState, List<Command>> commands)
            throws ApiProblem, InterruptedException {
        AcceptedView accepted = cluster.change(what, commands);
        events.add("request", "", what, "asked for through the API of " + settings.self());
        return new Answer(202, Answer.JSON, json.writeValueAsBytes(accepted));
    }

    private <T> T read(byte[] body, Class<T> type) throws ApiProblem {
        try {
            T read = json.readValue(body, type);
            if (read == null) {
                throw ApiProblem.badRequest("the body is null", "null", "a JSON object");
            }
            return read;
        } catch (JacksonException malformed) {
            throw ApiProblem.badRequest(
                    "the body cannot be read: " + malformed.getOriginalMessage(),
                    body.length + " bytes",
                    "a JSON object with the fields of " + type.getSimpleName());
        }
    }

    private Answer ok(Object view) {
        return new Answer(200, Answer.JSON, json.writeValueAsBytes(view));
    }

    private static ApiProblem unknown(Request request) {
        return new ApiProblem(
                404,
                new Problem(
                        "not-found",
                        "there is nothing at this path",
                        "/" + String.join("/", request.path()),
                        "/v1/cluster, /v1/history, /v1/events, /v1/node, /v1/primary, /v1/switchover, /v1/mode, /v1/quarantine,"
                                + " /metrics or a health check such as /primary",
                        "correct the path"));
    }
}
