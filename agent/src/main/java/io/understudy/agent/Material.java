package io.understudy.agent;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.Vote;
import io.understudy.core.coordinator.Report;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Replica;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What is reported at once when it changes; the rest, such as positions, waits for the next renewal. */
record Material(
        Data data,
        ServerKind server,
        Epoch promised,
        Optional<Epoch> resigned,
        Optional<Vote> vote,
        Optional<Epoch> epoch,
        Optional<Phase> phase,
        List<Receipt> receipts,
        Optional<NodeId> raftLeader) {

    /** The server without what moves all the time. */
    sealed interface ServerKind {
        record Other(String name) implements ServerKind {}

        record Standby(Optional<NodeId> upstream, boolean sealed, boolean streaming, boolean known, boolean boundary)
                implements ServerKind {}

        record Primary(InSyncProgress progress, Set<NodeId> streaming) implements ServerKind {}
    }

    static Material of(Picture picture, Report report, Optional<NodeId> raftLeader) {
        Optional<Tenure> tenure = picture.state().flatMap(state -> state.tenure());
        return new Material(
                picture.seen().data(),
                kind(picture.seen().server()),
                picture.seen().promised(),
                report.resigned(),
                report.vote(),
                tenure.map(Tenure::epoch),
                tenure.map(Tenure::phase),
                report.receipts(),
                raftLeader);
    }

    private static ServerKind kind(Server server) {
        return switch (server) {
            case Server.Primary primary ->
                new ServerKind.Primary(
                        primary.inSync(),
                        primary.replicas().stream()
                                .filter(replica -> replica.streaming() && replica.direct())
                                .map(Replica::node)
                                .collect(Collectors.toSet()));
            case Server.Standby standby ->
                new ServerKind.Standby(
                        standby.upstream(),
                        standby.isSealed(),
                        standby.streaming(),
                        standby.position().isPresent(),
                        standby.boundary().isPresent());
            case Server.Gone gone -> new ServerKind.Other("gone" + gone.cleanStop() + gone.problem());
            case Server.Starting starting -> new ServerKind.Other("starting");
            case Server.Stopping stopping -> new ServerKind.Other("stopping");
            case Server.Stuck stuck -> new ServerKind.Other("stuck");
        };
    }
}
