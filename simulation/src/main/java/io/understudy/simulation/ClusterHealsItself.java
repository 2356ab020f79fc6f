package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Proposal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Once nothing goes wrong any more the cluster opens by itself and every node follows the primary with the same log, if
 * enough data is left, with the mode in force that was asked for: the last primary's own, or so many members of every possible configuration as a failover needs. A configuration that
 * waits for nobody needs a node that lacks no more than {@code max-failover-lag} of all that the last primary ever wrote.
 */
final class ClusterHealsItself implements Checker {

    /** What a primary writes after the last commit, at most: markers. */
    private static final int OTHER_RECORDS = 12;

    /** Many times as long as clients take between two writes. */
    private static final long SILENCE = 2 * Agenda.SECOND;

    private final World world;
    private final Map<Long, Integer> written = new HashMap<>();
    private boolean enoughLeft;
    private long acknowledgedAt = -Agenda.SECOND;
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

    @Override
    public void written(ClientWrite write) {
        written.merge(write.epoch, write.position, Math::max);
    }

    /** What was on its way to the ledger when the last fault came was decided without knowing of it. */
    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        if (calmAt.filter(calm -> !proposal.at().isAfter(calm)).isPresent()) {
            enoughLeft = isEnoughLeft(after);
        }
    }

    private boolean isEnoughLeft(ClusterState ledger) {
        return ledger.tenure().isEmpty()
                ? world.destroyed().isEmpty()
                : isLeft(ledger.tenure().get().holder())
                        || ledger.inSync().possible().stream()
                                .allMatch(configuration -> configuration.waitsForNobody()
                                        ? isEnoughWithin(ledger, ledger.tenure().get())
                                        : isLeft(configuration)
                                                || isOfBefore(
                                                        configuration,
                                                        ledger.tenure().get()));
    }

    /** Its holder was chosen with all that was acknowledged under it, and somebody has log of its tenure. */
    private boolean isOfBefore(InSyncConfiguration configuration, Tenure last) {
        return configuration.contains(last.holder().node())
                && world.ledger().nodes().stream()
                        .map(world.ledger()::member)
                        .flatMap(Optional::stream)
                        .filter(this::isLeft)
                        .map(member -> world.database(world.indexOf(member.node())).disk)
                        .anyMatch(disk -> disk.timeline() == last.timeline().number() && disk.flushed() > began(last));
    }

    private static int began(Tenure tenure) {
        return (int) (tenure.boundary().position().value() / LogRecord.BYTES);
    }

    private boolean isEnoughWithin(ClusterState ledger, Tenure last) {
        int end = Math.max(began(last), written.getOrDefault(last.epoch().number(), 0)) + OTHER_RECORDS;
        long lag = ledger.settings().maxFailoverLagBytes() / LogRecord.BYTES;
        for (int node = 0; node < world.size(); node++) {
            Disk disk = world.database(node).disk;
            if (!disk.strayed
                    && disk.incarnation
                            .filter(life -> !world.destroyed().contains(life.nonce()))
                            .isPresent()
                    && disk.timeline() == last.timeline().number()
                    && disk.flushed() >= end - lag) {
                return true;
            }
        }
        return false;
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
        if (primary.isNobodysChild) {
            return Optional.of("the primary's server was started by hand");
        }
        if (primary.orphaned) {
            return Optional.of("the primary's server has no postmaster");
        }
        if (ledger.inSync().isJoint() || ledger.switchover().isPresent()) {
            return Optional.of("unfinished: " + ledger.inSync() + ", " + ledger.switchover());
        }
        for (int node = 0; node < world.size(); node++) {
            if (node != primary.node) {
                Optional<String> problem = replicaProblem(world.database(node), primary);
                if (problem.isPresent()) {
                    return problem;
                }
            }
        }
        return modeProblem(ledger, primary);
    }

    /** With every replica well the mode is in force, with all of them, and commits are acknowledged. */
    private Optional<String> modeProblem(ClusterState ledger, Database primary) {
        List<Member> replicas = new ArrayList<>();
        for (int node = 0; node < world.size(); node++) {
            if (node != primary.node) {
                ledger.member(world.id(node)).ifPresent(replicas::add);
            }
        }
        InSyncConfiguration wanted = InSyncConfiguration.of(ledger.settings(), replicas);
        InSyncConfiguration target = ledger.inSync().target();
        if (wanted.blocksCommits()) {
            return Optional.empty();
        }
        if (!target.equals(wanted) || target.mode() != ledger.settings().mode()) {
            return Optional.of("in force is " + target + ", and " + wanted + " could be");
        }
        return world.agenda().now() - acknowledgedAt > SILENCE
                ? Optional.of("nothing was acknowledged for " + SILENCE / Agenda.MS + " ms")
                : Optional.empty();
    }

    @Override
    public void acknowledged(ClientWrite write) {
        if (write.epoch == world.ledger().epoch().number()) {
            acknowledgedAt = world.agenda().now();
        }
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
