package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Vote;
import java.util.List;

/**
 * Whether the sealed members are sure to hold every acknowledged commit, and sure to keep any other commit from being
 * acknowledged by the former primary.
 *
 * <p>A commit under (k of S) is on k members of S. When |S| - k + 1 of them are sealed, fewer than k are left to confirm
 * another, and every k of S meet the sealed ones in at least one.
 *
 * @param configuration a possible one of the ended tenure
 * @param sealed its members that voted, with the data that joined it
 * @param missing its members that did not
 */
record FailoverQuorum(InSyncConfiguration configuration, List<Member> sealed, List<Member> missing) {

    /**
     * What the given votes cover. To choose a primary, pass only votes that are not ahead of its own: then whatever the
     * sealed members hold, the chosen one holds too, even if a member that had more has died since it voted.
     */
    static List<FailoverQuorum> of(ClusterState state, List<Vote> votes) {
        List<Member> voters = votes.stream().map(Vote::member).toList();
        return state.inSync().possible().stream()
                .map(configuration -> of(configuration, voters))
                .toList();
    }

    private static FailoverQuorum of(InSyncConfiguration configuration, List<Member> voters) {
        return new FailoverQuorum(
                configuration,
                configuration.members().stream().filter(voters::contains).toList(),
                configuration.members().stream()
                        .filter(member -> !voters.contains(member))
                        .toList());
    }

    /** Never for a configuration that waits for nobody: votes prove nothing about it. */
    boolean holds() {
        return !configuration.waitsForNobody() && sealed.size() >= configuration.sealsNeeded();
    }

    @Override
    public String toString() {
        return configuration.waitsForNobody()
                ? configuration.toString()
                : sealed.size() + " of " + configuration.sealsNeeded() + " seals for " + configuration
                        + (missing.isEmpty() ? "" : ", missing " + missing);
    }
}
