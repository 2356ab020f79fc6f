package io.understudy.agent;

import io.understudy.agent.api.NodeView;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.EngineException;
import java.time.Duration;
import java.util.Optional;

/** One node as the API shows it. */
final class NodeViews {

    /**
     * What is known of a node.
     *
     * @param seen its last observation, empty when it was not heard
     * @param doing its last step
     * @param silence age of that observation
     * @param primaryEnd the end of the primary's log, as best known
     * @param lag how long ago the primary was where the node is
     */
    record Known(
            NodeId node,
            Optional<LocalObservation> seen,
            Optional<Doing> doing,
            Optional<Duration> silence,
            Optional<Position> primaryEnd,
            Optional<Duration> lag) {

        static Known nothing(NodeId node) {
            return new Known(
                    node, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
        }
    }

    private NodeViews() {}

    static NodeView of(ClusterState state, Known known) {
        Optional<Server> server = known.seen().map(LocalObservation::server);
        Optional<Server.Standby> standby =
                server.flatMap(found -> found instanceof Server.Standby as ? Optional.of(as) : Optional.empty());
        Optional<MemberRecord> registered = Optional.ofNullable(state.members().get(known.node()));
        return new NodeView(
                known.node().name(),
                role(state, known),
                server.map(NodeViews::word).orElse("unknown"),
                known.seen().map(seen -> word(seen.data())).orElse("unknown"),
                known.seen().flatMap(NodeViews::problem).or(() -> diskFull(known)),
                server.flatMap(NodeViews::position).map(Position::toString),
                standby.map(found -> found.replayed().toString()),
                server.flatMap(NodeViews::timeline),
                standby.flatMap(found -> found.upstream().map(NodeId::name)),
                standby.map(Server.Standby::streaming).orElse(false),
                state.running().isPresent() && state.inSync().target().contains(known.node()),
                standby.flatMap(Server.Standby::position).flatMap(end -> behind(known, end)),
                standby.flatMap(found -> behind(known, found.replayed())),
                standby.flatMap(found -> known.lag()).map(Figures::seconds),
                known.silence().map(Duration::toMillis),
                known.doing().map(Doing::rule),
                known.doing().map(Doing::reason),
                known.doing().flatMap(Doing::failed),
                known.seen().map(seen -> seen.promised().number()).orElse(0L),
                known.seen().flatMap(LocalObservation::lease).map(lease -> lease.valid() ? "valid" : "expired"),
                registered.map(MemberRecord::database).map(Endpoint::toString),
                registered.map(MemberRecord::api).map(Endpoint::toString));
    }

    private static Optional<Long> behind(Known known, Position at) {
        return known.primaryEnd().map(end -> end.bytesSince(at));
    }

    private static NodeView.Role role(ClusterState state, Known known) {
        Optional<Server> server = known.seen().map(LocalObservation::server);
        Optional<Tenure> held =
                state.running().filter(tenure -> tenure.holder().node().equals(known.node()));
        if (held.isPresent()) {
            return held.get().phase() == Phase.OPEN
                            && server.filter(Server.Primary.class::isInstance).isPresent()
                    ? NodeView.Role.PRIMARY
                    : NodeView.Role.ELECT;
        }
        return server.filter(found -> found instanceof Server.Standby standby
                                && standby.upstream().isPresent())
                        .isPresent()
                ? NodeView.Role.REPLICA
                : NodeView.Role.NONE;
    }

    static String word(Server server) {
        return switch (server) {
            case Server.Primary primary -> "primary";
            case Server.Standby standby -> "standby";
            case Server.Starting starting -> "starting";
            case Server.Stopping stopping -> "stopping";
            case Server.Stuck stuck -> "stuck";
            case Server.Gone gone -> "gone";
        };
    }

    private static String word(Data data) {
        return switch (data) {
            case Data.Ours ours -> "ours";
            case Data.Empty empty -> "empty";
            case Data.Foreign foreign -> "foreign";
        };
    }

    /** Whatever step meets it, a full disk is a problem of the node and not of the step. */
    private static Optional<String> diskFull(Known known) {
        return known.doing().flatMap(Doing::failed).filter(why -> why.contains(EngineException.NO_SPACE));
    }

    private static Optional<String> problem(LocalObservation seen) {
        if (seen.data() instanceof Data.Foreign foreign) {
            return Optional.of(foreign.problem());
        }
        Optional<String> down = seen.server() instanceof Server.Gone gone ? gone.problem() : Optional.empty();
        return down.or(seen::trouble);
    }

    static Optional<Position> position(Server server) {
        return switch (server) {
            case Server.Primary primary -> Optional.of(primary.position());
            case Server.Standby standby -> standby.position();
            case Server.Gone gone -> gone.cleanStop();
            case Server.Starting starting -> Optional.empty();
            case Server.Stopping stopping -> Optional.empty();
            case Server.Stuck stuck -> Optional.empty();
        };
    }

    private static Optional<Integer> timeline(Server server) {
        return switch (server) {
            case Server.Primary primary -> Optional.of(primary.timeline().number());
            case Server.Standby standby -> Optional.of(standby.timeline().number());
            case Server.Gone gone -> Optional.empty();
            case Server.Starting starting -> Optional.empty();
            case Server.Stopping stopping -> Optional.empty();
            case Server.Stuck stuck -> Optional.empty();
        };
    }
}
