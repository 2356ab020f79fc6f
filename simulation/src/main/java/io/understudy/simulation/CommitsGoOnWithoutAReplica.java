package io.understudy.simulation;

/**
 * When a replica of a healthy cluster is lost for good, and the others suffice for the mode, commits wait only until the in-sync set is
 * changed; where it was lost in the middle of a change both sides of which need it, until a new epoch begins.
 */
final class CommitsGoOnWithoutAReplica implements Checker {

    /** For a Raft leader that was lost with it, for noticing, for a change that comes to no end, and for a failover. */
    static final long LIMIT = 12 * Agenda.SECOND;

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
        if (lostAt >= 0 && lastSentAt < lostAt + LIMIT) {
            world.checks()
                    .violated(
                            promise(),
                            "nothing that was sent later than " + Math.max(0, lastSentAt - lostAt) / 1_000
                                    + " ms after the loss was acknowledged within "
                                    + (world.agenda().now() - lostAt) / 1_000 + " ms; possible are "
                                    + world.ledger().inSync().possible());
        }
    }
}
