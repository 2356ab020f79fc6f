package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All checkers of one history, and what they found. */
final class Checks {

    private static final int MAX_VIOLATIONS = 5;

    private final World world;
    private final List<Checker> checkers;
    private final ClusterHealsItself healing;
    private final List<String> violations = new ArrayList<>();
    private List<String> before = List.of();
    private long acknowledged;
    private long changes;

    Checks(World world) {
        this.world = world;
        healing = new ClusterHealsItself(world);
        checkers = List.of(
                new NothingAcknowledgedIsLost(world),
                new NoFormerPrimaryAcknowledges(world),
                new NobodyWritesWithoutAGrant(world),
                new WhoVotedReceivesNothingOlder(world),
                new OneValueAtATime(world),
                new SwitchoverHandsEverythingOver(world),
                new AcknowledgedAsTheLedgerSays(world),
                new SyncShowsEverywhere(world),
                new TooFewMembersBlockCommits(world),
                new AsyncLossIsBounded(world),
                new ReceiptTellsTheLoss(world),
                new MarkerProvesTheConfiguration(world),
                new NothingShownIsLost(world),
                new GrantMeetsEveryConfiguration(world),
                new BoundaryPartsTheEpochs(world),
                new EpochsAndTimelinesRise(world),
                new LeaseIsOverWhenRevoked(world),
                new EveryChangeHasAReason(world),
                new NothingIsSetAsideWithoutNeed(world),
                new CommitsGoOnWithoutAReplica(world),
                new CalmChangesNothing(world),
                healing);
    }

    void violated(String promise, String how) {
        world.trace().note(-1, "VIOLATION", promise + ": " + how);
        if (violations.isEmpty()) {
            before = world.trace().lines();
        }
        if (violations.size() < MAX_VIOLATIONS) {
            violations.add(promise + ": " + how);
        }
    }

    List<String> violations() {
        return violations;
    }

    /** The events up to the first violation. */
    List<String> eventsBefore() {
        return before;
    }

    long acknowledgedWrites() {
        return acknowledged;
    }

    long changesOfPrimary() {
        return changes;
    }

    void proposed(int node, Proposal proposal) {
        checkers.forEach(checker -> checker.proposed(node, proposal));
    }

    void committed(ClusterState from, Proposal proposal, ClusterState to) {
        if (!to.epoch().equals(from.epoch())) {
            changes++;
        }
        checkers.forEach(checker -> checker.committed(from, proposal, to));
    }

    void acknowledged(ClientWrite write) {
        acknowledged++;
        world.trace().mix(write.number);
        checkers.forEach(checker -> checker.acknowledged(write));
    }

    void promoted(int node, int timeline, long epoch) {
        checkers.forEach(checker -> checker.promoted(node, timeline, epoch));
    }

    void written(ClientWrite write) {
        checkers.forEach(checker -> checker.written(write));
    }

    void tookOver(Database primary) {
        checkers.forEach(checker -> checker.tookOver(primary));
    }

    void receives(Database replica, Database source) {
        checkers.forEach(checker -> checker.receives(replica, source));
    }

    void quarantined(int node, List<LogRecord> log, List<TimelineStart> lineage, Optional<Receipt> receipt) {
        checkers.forEach(checker -> checker.quarantined(node, log, lineage, receipt));
    }

    /** Whether the others suffice without this replica. */
    boolean canLose(int node) {
        return ClusterHealsItself.needed(world.ledger().settings()) <= world.size() - 2;
    }

    boolean isHealed() {
        return healing.isHealed();
    }

    void calm() {
        checkers.forEach(Checker::calm);
    }

    void well() {
        checkers.forEach(Checker::well);
    }

    void end() {
        checkers.forEach(Checker::end);
    }
}
