package io.understudy.simulation;

import io.understudy.core.cluster.InSync;

/**
 * When a replica of a healthy cluster is lost for good, and the others suffice for the mode, commits wait only until the in-sync set is
 * changed. Not judged is a loss in the middle of a change both sides of which need the lost one: from there only completing or going back
 * is allowed, and commits wait until it is back.
 */
final class CommitsGoOnWithoutAReplica implements Checker {

    /** For a Raft leader that was lost with it, for noticing, and for the change. */
    static final long LIMIT = 5 * Agenda.SECOND;

    private final World world;
    private long lastSentAt;

    CommitsGoOnWithoutAReplica(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "commits go on without a replica";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        lastSentAt = Math.max(lastSentAt, write.sentAt);
    }

    @Override
    public void end() {
        long lostAt = world.faults().replicaLostAt();
        if (lostAt >= 0 && lastSentAt < lostAt + LIMIT && !isCaughtInAChange()) {
            world.checks()
                    .violated(
                            promise(),
                            "nothing that was sent later than " + Math.max(0, lastSentAt - lostAt) / 1_000
                                    + " ms after the loss was acknowledged within "
                                    + (world.agenda().now() - lostAt) / 1_000 + " ms; possible are "
                                    + world.ledger().inSync().possible());
        }
    }

    private boolean isCaughtInAChange() {
        InSync inSync = world.ledger().inSync();
        return inSync.isJoint()
                && inSync.possible().stream()
                        .allMatch(configuration -> configuration.members().stream()
                                        .filter(member -> world.indexOf(member.node())
                                                != world.faults().lostReplica())
                                        .count()
                                < configuration.confirmations());
    }
}
