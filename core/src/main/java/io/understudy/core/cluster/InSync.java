package io.understudy.core.cluster;

import java.util.ArrayList;
import java.util.List;

/**
 * Which in-sync configurations may be in force on the primary. A failover obeys all of {@code possible}.
 *
 * @param possible without duplicates; more than one while a change is under way
 * @param target the one that the primary is to pass to, one of {@code possible}
 * @param change number of the last change asked for; rises by one each time
 */
public record InSync(List<InSyncConfiguration> possible, InSyncConfiguration target, long change) {

    /** Before the first primary nothing was ever acknowledged. */
    public static final InSync NOTHING_YET = new InSync(
            List.of(InSyncConfiguration.semiSync(1, List.of())), InSyncConfiguration.semiSync(1, List.of()), 0);

    /** How many configurations may be possible at once. */
    public static final int MAX_POSSIBLE = 32;

    public InSync {
        possible = List.copyOf(possible);
        if (!possible.contains(target)) {
            throw new IllegalArgumentException("The target " + target + " is not among the possible " + possible);
        }
        if (possible.size() > MAX_POSSIBLE) {
            throw new IllegalArgumentException(possible.size() + " configurations are possible at once: at most "
                    + MAX_POSSIBLE + " are expected");
        }
    }

    /** Whether a change is under way. */
    public boolean isJoint() {
        return possible.size() > 1;
    }

    /** Whether {@link #towards} would still fit. */
    public boolean mayGo(InSyncConfiguration next) {
        return possible.contains(next) || possible.size() < MAX_POSSIBLE;
    }

    /** The change to {@code next} begins: from now on a failover obeys it too. */
    public InSync towards(InSyncConfiguration next) {
        List<InSyncConfiguration> all = new ArrayList<>(possible);
        if (!all.contains(next)) {
            all.add(next);
        }
        return new InSync(all, next, change + 1);
    }

    /** A marker was confirmed under the target: nothing earlier needs another configuration to be found. */
    public InSync completed() {
        return new InSync(List.of(target), target, change);
    }
}
