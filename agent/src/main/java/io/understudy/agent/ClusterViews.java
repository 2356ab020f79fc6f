package io.understudy.agent;

import io.understudy.agent.api.Api;
import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.DecisionView;
import io.understudy.agent.api.ClusterView.InSyncSet;
import io.understudy.agent.api.ClusterView.InSyncView;
import io.understudy.agent.api.ClusterView.NoticeView;
import io.understudy.agent.api.ClusterView.SettingsView;
import io.understudy.agent.api.ClusterView.Source;
import io.understudy.agent.api.ClusterView.SwitchoverView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.NodeView;
import io.understudy.coordination.Outlook;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Sightings.Sighting;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The cluster as the API shows it. */
final class ClusterViews {

    private ClusterViews() {}

    /** As the Raft leader knows it. */
    static ClusterView of(Outlook outlook, Instant at) {
        ClusterState state = outlook.state();
        Optional<Position> primaryEnd = primaryEnd(outlook);
        List<NodeView> nodes = state.nodes().stream()
                .map(node -> NodeViews.of(state, known(outlook, node, primaryEnd)))
                .toList();
        return view(
                state,
                new Origin(
                        outlook.leader(),
                        Source.LEADER,
                        Optional.empty(),
                        Optional.of(outlook.leader()),
                        outlook.term()),
                at,
                Optional.of(leaseLeft(outlook)),
                outlook.decision(),
                nodes,
                new Words(GuaranteeWords.of(outlook), MissingReceipts.in(outlook)));
    }

    /** As one node knows it by itself. */
    static ClusterView local(ClusterState state, Origin origin, NodeViews.Known self, Instant at) {
        List<NodeView> nodes = state.nodes().stream()
                .map(node -> NodeViews.of(state, node.equals(self.node()) ? self : NodeViews.Known.nothing(node)))
                .toList();
        return view(
                state,
                origin,
                at,
                Optional.empty(),
                Optional.empty(),
                nodes,
                new Words(GuaranteeWords.unknown(), MissingReceipts.in(state)));
    }

    /** What is told in words. */
    private record Words(List<ClusterView.Guarantee> guarantee, MissingReceipts receipts) {}

    /** Whose view it is. */
    record Origin(NodeId node, Source source, Optional<String> problem, Optional<NodeId> raftLeader, long raftTerm) {}

    private static ClusterView view(
            ClusterState state,
            Origin origin,
            Instant at,
            Optional<Duration> leaseLeft,
            Optional<Decision> decision,
            List<NodeView> nodes,
            Words words) {
        return new ClusterView(
                Api.VERSION,
                state.name(),
                origin.node().name(),
                origin.source(),
                origin.problem(),
                origin.raftLeader().map(NodeId::name),
                origin.raftTerm(),
                state.version(),
                at,
                settings(state.settings()),
                state.epoch().number(),
                state.tenure()
                        .map(held -> new TenureView(
                                held.epoch().number(),
                                held.holder().node().name(),
                                held.timeline().number(),
                                held.phase().name().toLowerCase(Locale.ROOT),
                                held.boundary().position().toString(),
                                leaseLeft.filter(left -> held.isRunning()).map(Duration::toMillis))),
                state.tenure()
                        .map(held -> new InSyncView(
                                set(state.inSync().target()),
                                state.inSync().possible().stream()
                                        .map(ClusterViews::set)
                                        .toList(),
                                state.inSync().isJoint(),
                                state.inSync().change())),
                state.switchover()
                        .map(request -> new SwitchoverView(
                                request.requestedAt(),
                                request.wanted().map(NodeId::name),
                                request.target().map(NodeId::name))),
                decision.map(last -> new DecisionView(last.rule(), last.reason())),
                nodes,
                words.guarantee(),
                words.receipts().awaited(),
                state.notices().stream()
                        .map(notice -> new NoticeView(notice.at(), notice.rule(), notice.text()))
                        .toList());
    }

    private static NodeViews.Known known(Outlook outlook, NodeId node, Optional<Position> primaryEnd) {
        Sighting sighting = outlook.seen().reports().get(node);
        return sighting == null
                ? NodeViews.Known.nothing(node)
                : new NodeViews.Known(
                        node,
                        Optional.of(sighting.report().seen()),
                        Optional.of(Doing.of(sighting.report().doing())),
                        Optional.of(outlook.now().since(sighting.at())),
                        primaryEnd,
                        Optional.ofNullable(outlook.lag().get(node)));
    }

    /** As the running tenure's holder reported it, else as far as any replica heard. */
    private static Optional<Position> primaryEnd(Outlook outlook) {
        Optional<Position> own = outlook.state()
                .running()
                .map(held -> outlook.seen().reports().get(held.holder().node()))
                .map(sighting -> sighting.report().seen().server())
                .flatMap(server ->
                        server instanceof Server.Primary primary ? Optional.of(primary.position()) : Optional.empty());
        return own.isPresent()
                ? own
                : outlook.seen().reports().values().stream()
                        .map(sighting -> sighting.report().seen().server())
                        .flatMap(server -> server instanceof Server.Standby standby
                                ? standby.primaryEnd().stream()
                                : Stream.empty())
                        .max(Position::compareTo);
    }

    private static Duration leaseLeft(Outlook outlook) {
        MonotonicTime from = outlook.seen().leaderSince();
        if (outlook.seen().lastRenewal().isPresent()) {
            from = from.max(outlook.seen().lastRenewal().get());
        }
        Duration left = outlook.state().settings().lease().minus(outlook.now().since(from));
        return left.isPositive() ? left : Duration.ZERO;
    }

    private static SettingsView settings(Settings settings) {
        return new SettingsView(
                settings.mode().label(),
                settings.confirmations(),
                settings.minInSync(),
                settings.onShortage().name().toLowerCase(Locale.ROOT),
                settings.lease().toMillis(),
                settings.maxFailoverLagBytes());
    }

    private static InSyncSet set(InSyncConfiguration configuration) {
        return new InSyncSet(
                configuration.mode().label(),
                configuration.confirmations(),
                configuration.members().stream()
                        .map(member -> member.node().name())
                        .toList(),
                configuration.toString());
    }
}
