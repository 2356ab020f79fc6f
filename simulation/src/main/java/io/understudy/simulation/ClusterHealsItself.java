package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Proposal;
import java.time.Instant;
import java.util.Optional;

/**
 * Once nothing goes wrong any more the cluster opens by itself and every node follows the primary with the same log, if
 * enough data is left: the last primary's own, or so many members of every possible configuration as a failover needs.
 */
final class ClusterHealsItself implements Checker {

    private final World world;
    private boolean enoughLeft;
    private Optional<Instant> calmAt = Optional.empty();

    ClusterHealsItself(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "the cluster heals itself";
    }

    @Override
    public void calm() {
        calmAt = Optional.of(Instant.ofEpochMilli(world.agenda().now() / Agenda.MS));
        enoughLeft = isEnoughLeft(world.ledger());
    }

    /** What was on its way to the ledger when the last fault came was decided without knowing of it. */
    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        if (calmAt.filter(calm -> !proposal.at().isAfter(calm)).isPresent()) {
            enoughLeft = isEnoughLeft(after);
        }
    }

    private boolean isEnoughLeft(ClusterState ledger) {
        if (!world.destroyed().isEmpty() && replicasLeft() < needed(ledger.settings())) {
            return false;
        }
        return ledger.tenure().isEmpty()
                ? world.destroyed().isEmpty()
                : isLeft(ledger.tenure().get().holder())
                        || ledger.inSync().possible().stream().allMatch(this::isLeft);
    }

    /** How many nodes but one have data that may be used. */
    int replicasLeft() {
        int whole = 0;
        for (int node = 0; node < world.size(); node++) {
            if (!world.database(node).disk.strayed) {
                whole++;
            }
        }
        return whole - 1;
    }

    /** How many replicas commits need. */
    static int needed(Settings settings) {
        return switch (settings.mode()) {
            case ASYNC -> 0;
            case SEMI_SYNC -> Math.max(settings.confirmations(), settings.minInSync());
            case SYNC -> settings.minInSync();
        };
    }

    private boolean isLeft(InSyncConfiguration configuration) {
        return !configuration.waitsForNobody()
                && configuration.members().stream().filter(this::isLeft).count() >= configuration.sealsNeeded()
                && configuration.sealsNeeded() > 0;
    }

    private boolean isLeft(Member member) {
        return !world.destroyed().contains(member.incarnation().nonce())
                && world.database(world.indexOf(member.node()))
                        .disk
                        .incarnation
                        .equals(Optional.of(member.incarnation()));
    }

    boolean isHealed() {
        return problem().isEmpty();
    }

    @Override
    public void end() {
        // A replica is lost for good only when everything was well.
        if (enoughLeft && world.faults().lostReplica() < 0 && !isOperatorsToDecide(world.ledger())) {
            problem().ifPresent(found -> world.checks().violated(promise(), found));
        }
    }

    /** A change to a configuration that gives the guarantee up was written when its primary's data was gone already. */
    private boolean isOperatorsToDecide(ClusterState ledger) {
        return ledger.running().isEmpty()
                && ledger.tenure().filter(tenure -> !isLeft(tenure.holder())).isPresent()
                && ledger.inSync().possible().stream().anyMatch(InSyncConfiguration::isDegraded);
    }

    private Optional<String> problem() {
        ClusterState ledger = world.ledger();
        if (!ledger.isOpen()) {
            return Optional.of("still not open: " + ledger.tenure() + ", possible are "
                    + ledger.inSync().possible());
        }
        Tenure held = ledger.tenure().orElseThrow();
        Database primary = world.database(world.indexOf(held.holder().node()));
        if (primary.state != Database.State.PRIMARY) {
            return Optional.of("the primary's server is " + primary.state);
        }
        if (ledger.inSync().isJoint() || ledger.switchover().isPresent()) {
            return Optional.of("unfinished: " + ledger.inSync() + ", " + ledger.switchover());
        }
        for (int node = 0; node < world.size(); node++) {
            if (node != primary.node && !world.database(node).disk.strayed) {
                Optional<String> problem = replicaProblem(world.database(node), primary);
                if (problem.isPresent()) {
                    return problem;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> replicaProblem(Database replica, Database primary) {
        int common = Math.min(replica.disk.end(), primary.disk.end());
        if (replica.state != Database.State.STANDBY
                || replica.upstream != primary.node
                || replica.receiver.isEmpty()
                || primary.disk.end() - common > 8) {
            return Optional.of("node n" + (replica.node + 1) + " does not follow the primary n" + (primary.node + 1)
                    + ": " + replica.state + ", upstream " + (replica.upstream + 1) + ", log " + replica.disk.end()
                    + " of " + primary.disk.end());
        }
        return common == 0
                        || replica.disk.log().get(common - 1)
                                != primary.disk.log().get(common - 1)
                ? Optional.of("node n" + (replica.node + 1) + " has another log than the primary")
                : Optional.empty();
    }
}
