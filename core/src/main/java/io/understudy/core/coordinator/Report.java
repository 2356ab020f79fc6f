package io.understudy.core.coordinator;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.List;
import java.util.Optional;

/**
 * What an agent tells the Raft leader, a few times a second and at once when something happened.
 *
 * @param storage the life of the agent's copy of the ledger
 * @param seen what it sees of its database
 * @param doing the rule its last step came from, and why
 * @param resigned the tenure it holds by the ledger and gives up, because no process of the server is left
 * @param vote its word for the epoch to come, when it is sealed and knows the end of its log
 * @param receipts what its quarantine shows to be lost, one an epoch
 */
public record Report(
        NodeId node,
        Incarnation storage,
        Endpoint database,
        Endpoint api,
        LocalObservation seen,
        String doing,
        Optional<Epoch> resigned,
        Optional<Vote> vote,
        List<Receipt> receipts) {

    public Report {
        receipts = List.copyOf(receipts);
    }

    /** The report of an agent that was asked for {@code assignment} and sees {@code seen}. */
    public static Report of(
            MemberRecord self, Assignment assignment, LocalObservation seen, String doing, List<Receipt> receipts) {
        return new Report(
                self.node(),
                self.storage(),
                self.database(),
                self.api(),
                seen,
                doing,
                resigned(assignment, seen),
                vote(self.node(), assignment, seen),
                receipts);
    }

    /** The life of the node's data, empty while it has none. */
    public Optional<Incarnation> incarnation() {
        return seen.data() instanceof Data.Ours ours ? Optional.of(ours.incarnation()) : Optional.empty();
    }

    /** The lineage of the data: as stored beside it, or further where its last record proves that it goes on. */
    List<TimelineStart> lineage(List<TimelineStart> ledger) {
        return seen.server() instanceof Server.Standby standby
                ? Lineage.proved(seen.lineage(), standby.timeline(), ledger)
                : seen.lineage();
    }

    private static Optional<Epoch> resigned(Assignment assignment, LocalObservation seen) {
        return assignment instanceof Assignment.Lead lead && seen.server() instanceof Server.Gone
                ? Optional.of(lead.tenure().epoch())
                : Optional.empty();
    }

    private static Optional<Vote> vote(NodeId self, Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.SealFor seal)
                || !seen.promised().equals(seal.next())
                || !(seen.data() instanceof Data.Ours ours)
                || !(seen.server() instanceof Server.Standby standby)
                || !standby.isSealed()
                || standby.position().isEmpty()
                || seen.highestReported().isAfter(standby.position().get())) {
            return Optional.empty();
        }
        return Lineage.epochOf(standby.timeline(), Lineage.proved(seen.lineage(), standby.timeline(), seal.lineage()))
                .map(epoch -> new Vote(
                        new Member(self, ours.incarnation()),
                        seal.next(),
                        epoch,
                        standby.position().get()));
    }
}
