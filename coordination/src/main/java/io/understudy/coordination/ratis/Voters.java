package io.understudy.coordination.ratis;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who votes in the group. While it changes there are two sets, and only what both agree to is agreed.
 *
 * @param current names of the Raft peers, of the new set while the group changes
 * @param previous those of the old set while the group changes; else empty
 */
record Voters(Set<String> current, Set<String> previous) {
    Voters {
        current = Set.copyOf(current);
        previous = Set.copyOf(previous);
    }

    static Voters of(Collection<String> peers) {
        return new Voters(Set.copyOf(peers), Set.of());
    }

    /** Every voter but {@code self}. */
    Set<String> without(String self) {
        Set<String> others = new TreeSet<>(current);
        others.addAll(previous);
        others.remove(self);
        return others;
    }

    /** Whether {@code agreeing} are more than half of each set. */
    boolean isMajority(Set<String> agreeing) {
        return isMajority(agreeing, current) && (previous.isEmpty() || isMajority(agreeing, previous));
    }

    private static boolean isMajority(Set<String> agreeing, Set<String> voters) {
        return voters.stream().filter(agreeing::contains).count() > voters.size() / 2;
    }
}
