package io.understudy.simulation;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.ReplicationMode;

/**
 * The value of {@code synchronous_standby_names}: members by name only, as the database knows them.
 *
 * @param confirmations 0 means that nobody is waited for
 * @param names a bit for each node
 * @param applied whether confirming means having applied
 * @param mayLose whether what it acknowledges may be lost by the mode's own word
 * @param configuration what it was made from
 */
record Waiting(int confirmations, int names, boolean applied, boolean mayLose, String configuration) {

    /** How every server rests: {@code ANY 1 (understudy_nobody)}. */
    static final Waiting FOR_NOBODY_THAT_EXISTS = new Waiting(1, 0, false, false, "nobody may confirm");

    static Waiting of(World world, InSyncConfiguration configuration) {
        return new Waiting(
                configuration.confirmations(),
                names(world, configuration),
                configuration.mode() == ReplicationMode.SYNC,
                configuration.mode() == ReplicationMode.ASYNC,
                configuration.toString());
    }

    /** A bit for each node that {@code configuration} waits for. */
    static int names(World world, InSyncConfiguration configuration) {
        int names = 0;
        for (Member member : configuration.members()) {
            names |= 1 << world.indexOf(member.node());
        }
        return names;
    }

    boolean names(int node) {
        return (names & 1 << node) != 0;
    }
}
