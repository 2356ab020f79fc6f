package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Of every configuration that was possible when an epoch ended so few members have not voted, or voted with more than the chosen one has,
 * that they could not have confirmed a commit among themselves. Counted here by hand, not with the arithmetic that is shipped. A winner
 * that has all of the former holder's own log needs nobody else's word. One that has log of the former tenure has all that was acknowledged
 * before it, when that tenure was granted: then only what was asked for in it counts.
 */
final class GrantMeetsEveryConfiguration implements Checker {

    private final World world;
    private final List<InSyncConfiguration> askedForInTheTenure = new ArrayList<>();

    GrantMeetsEveryConfiguration(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "a Grant meets every possible configuration";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        List<Vote> votes = new ArrayList<>(before.votesForNext());
        for (Command command : proposal.commands()) {
            if (command instanceof Command.RecordVote recorded) {
                votes.removeIf(vote ->
                        vote.member().node().equals(recorded.vote().member().node()));
                votes.add(recorded.vote());
            } else if (command instanceof Command.Grant grant && before.tenure().isPresent()) {
                granted(before, grant, votes);
            }
            if (command instanceof Command.Grant grant) {
                askedForInTheTenure.clear();
                askedForInTheTenure.add(grant.target());
            } else if (command instanceof Command.ChangeInSync change) {
                askedForInTheTenure.add(change.target());
            }
        }
    }

    /** Whether all that the vote has beyond the winner is beyond the beginning of an epoch that came after its own. */
    private static boolean isTail(ClusterState before, Vote vote, Vote winner) {
        return before.lineage().stream()
                .anyMatch(later -> vote.lastEpoch().isBefore(later.epoch())
                        && !later.start().isAfter(winner.position()));
    }

    private void granted(ClusterState before, Command.Grant grant, List<Vote> votes) {
        // What was promised for another epoch keeps nobody from confirming before this one.
        votes.removeIf(vote -> !vote.promised().equals(grant.epoch()));
        Optional<Vote> own = votes.stream()
                .filter(vote -> vote.member().equals(grant.holder()))
                .findFirst();
        if (own.isEmpty()) {
            world.checks()
                    .violated(
                            promise(),
                            grant.holder() + " was granted epoch " + grant.epoch() + " without its vote for it");
            return;
        }
        Vote winner = own.get();
        List<Member> behind = votes.stream()
                .filter(vote -> vote.lastEpoch().isBefore(winner.lastEpoch())
                        || (vote.lastEpoch().equals(winner.lastEpoch())
                                && (!vote.position().isAfter(winner.position()) || isTail(before, vote, winner))))
                .map(Vote::member)
                .toList();
        boolean hasAllOfTheHolders =
                behind.contains(before.tenure().orElseThrow().holder());
        boolean handedOver = before.switchover()
                .flatMap(request -> request.stopped())
                .filter(end -> !end.isAfter(winner.position()))
                .isPresent();
        if (hasAllOfTheHolders || handedOver) {
            return;
        }
        boolean hasLogOfTheTenure = winner.lastEpoch().equals(before.epoch());
        for (InSyncConfiguration configuration : before.inSync().possible()) {
            if (hasLogOfTheTenure && !askedForInTheTenure.contains(configuration)) {
                continue;
            }
            List<Member> others = configuration.members().stream()
                    .filter(member -> !behind.contains(member))
                    .toList();
            if (configuration.isDegraded()
                    || (configuration.confirmations() > 0 && others.size() >= configuration.confirmations())) {
                world.checks()
                        .violated(
                                promise(),
                                grant.holder() + " was granted epoch " + grant.epoch() + " though " + others
                                        + " may have confirmed under " + configuration);
            }
        }
    }
}
