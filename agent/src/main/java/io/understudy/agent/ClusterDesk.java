package io.understudy.agent;

import io.understudy.agent.api.AcceptedView;
import io.understudy.agent.api.AgentView;
import io.understudy.agent.api.AgentView.RaftView;
import io.understudy.agent.api.AgentView.ReplicaView;
import io.understudy.agent.api.Api;
import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.Source;
import io.understudy.agent.api.ErrorView.Problem;
import io.understudy.agent.api.HistoryView;
import io.understudy.coordination.ClusterLedger;
import io.understudy.coordination.LedgerRefused;
import io.understudy.coordination.ratis.Leadership;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.Engine;
import io.understudy.engines.EngineFacts;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Answers about the cluster and this node, and passes on what operators ask for. */
final class ClusterDesk {

    /** After this an answer is made from what this node knows by itself. */
    static final Duration LEADER_LIMIT = Duration.ofMillis(1_500);

    /** A request of an operator waits out an election. */
    static final Duration CHANGE_LIMIT = Duration.ofSeconds(6);

    private final AgentSettings settings;
    private final ClusterLedger ledger;
    private final Board board;
    private final Engine engine;
    private final Clock wall;
    private final Instant startedAt;

    ClusterDesk(AgentSettings settings, ClusterLedger ledger, Board board, Engine engine, Clock wall) {
        this.settings = settings;
        this.ledger = ledger;
        this.board = board;
        this.engine = engine;
        this.wall = wall;
        startedAt = wall.instant();
    }

    ClusterView cluster() throws InterruptedException {
        try {
            return ClusterViews.of(within(ledger.outlook(), LEADER_LIMIT), wall.instant());
        } catch (ExecutionException failure) {
            return local(words(failure));
        } catch (TimeoutException late) {
            return local("the Raft leader did not answer within " + LEADER_LIMIT.toMillis() + " ms");
        }
    }

    HistoryView history() throws InterruptedException {
        try {
            return Histories.of(within(ledger.outlook(), LEADER_LIMIT));
        } catch (ExecutionException | TimeoutException failure) {
            return Histories.of(lastKnown());
        }
    }

    private ClusterState lastKnown() {
        return ledger.lastKnown().orElseGet(settings::formed);
    }

    private ClusterView local(String problem) {
        return ClusterViews.local(
                lastKnown(),
                new ClusterViews.Origin(
                        settings.self(), Source.LOCAL, Optional.of(problem), ledger.leader(), ledger.term()),
                self(),
                wall.instant());
    }

    private NodeViews.Known self() {
        Optional<Picture> picture = board.picture();
        return new NodeViews.Known(
                settings.self(),
                picture.map(Picture::seen),
                picture.map(Picture::doing),
                picture.map(seen -> board.now().since(seen.at())),
                picture.flatMap(seen -> primaryEnd(seen.seen().server())),
                Optional.empty());
    }

    private static Optional<Position> primaryEnd(Server server) {
        return server instanceof Server.Standby standby ? standby.primaryEnd() : NodeViews.position(server);
    }

    AgentView node() {
        EngineFacts facts = engine.facts();
        Board.Contact contact = board.contact();
        return new AgentView(
                Api.VERSION,
                settings.cluster(),
                settings.self().name(),
                ProcessHandle.current().pid(),
                optional(facts.guardPid()),
                optional(facts.serverPid()),
                Map.of(
                        "understudy",
                        settings.version(),
                        "java",
                        Runtime.version().toString(),
                        "database",
                        facts.version()),
                startedAt,
                Duration.between(startedAt, wall.instant()).toMillis(),
                NodeViews.of(lastKnown(), self()),
                board.picture().map(seen -> board.now().since(seen.at()).toMillis()),
                board.lease().map(held -> board.leaseLeft(held.epoch()).toMillis()),
                raft(),
                contact.problem(),
                contact.lastAnswer().map(at -> board.now().since(at).toMillis()),
                board.picture().map(ClusterDesk::replicas).orElse(List.of()));
    }

    private static Optional<Long> optional(OptionalLong value) {
        return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
    }

    private RaftView raft() {
        String role = switch (ledger.leadership()) {
            case Leadership.Leading leading -> "leader";
            case Leadership.Following following -> "follower";
            case Leadership.Leaderless leaderless -> "leaderless";
        };
        return new RaftView(
                role,
                ledger.leader().map(NodeId::name),
                ledger.term(),
                ledger.lastLogIndex(),
                ledger.lastAppliedIndex());
    }

    private static List<ReplicaView> replicas(Picture picture) {
        return picture.seen().server() instanceof Server.Primary primary
                ? primary.replicas().stream()
                        .map(replica -> new ReplicaView(
                                replica.node().name(),
                                replica.streaming(),
                                replica.direct(),
                                replica.flushed().toString(),
                                replica.replayed().toString(),
                                replica.lagBytes(),
                                replica.silence().toMillis()))
                        .toList()
                : List.of();
    }

    /** Writes an operator's request to the ledger. */
    AcceptedView change(String what, Function<ClusterState, List<Command>> commands)
            throws ApiProblem, InterruptedException {
        String reason = what + " was asked for through " + settings.self();
        try {
            long version = within(ledger.change(reason, commands), CHANGE_LIMIT);
            return new AcceptedView(Api.VERSION, what, lastKnown().epoch().number(), version);
        } catch (TimeoutException late) {
            throw noLeader("no answer within " + CHANGE_LIMIT.toMillis() + " ms");
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof LedgerRefused refused) {
                throw new ApiProblem(
                        409,
                        new Problem(
                                "refused",
                                what + " was refused",
                                String.valueOf(refused.getMessage()),
                                "a cluster that can do it now",
                                "look at /v1/cluster, then ask again"));
            }
            throw noLeader(words(failure));
        }
    }

    private static ApiProblem noLeader(String found) {
        return new ApiProblem(
                503,
                new Problem(
                        "no-raft-leader",
                        "the ledger did not answer; whether the request was written is not known",
                        found,
                        "a Raft leader that a majority follows",
                        "look at /v1/cluster before asking again; start the nodes that are down"));
    }

    private static String words(ExecutionException failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private static <T> T within(CompletableFuture<T> future, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
}
