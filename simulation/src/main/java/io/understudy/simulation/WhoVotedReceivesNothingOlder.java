package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A member whose vote for an epoch is in the ledger never receives from a primary of an earlier one again: it would confirm for it. As long as
 * the vote counts, its promise is on the member's disk, whatever restarts there.
 */
final class WhoVotedReceivesNothingOlder implements Checker {

    private final World world;
    private final Map<Member, Epoch> promised = new HashMap<>();

    WhoVotedReceivesNothingOlder(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "who voted receives nothing older";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.RecordVote recorded) {
                Vote vote = recorded.vote();
                promised.merge(vote.member(), vote.promised(), (one, other) -> one.isBefore(other) ? other : one);
                Database voter = world.database(world.indexOf(vote.member().node()));
                voter.receiver.ifPresent(connection -> receives(voter, connection.from));
            }
        }
        after.votesForNext().forEach(this::isPromised);
    }

    private void isPromised(Vote vote) {
        Disk disk = world.database(world.indexOf(vote.member().node())).disk;
        if (disk.incarnation.equals(Optional.of(vote.member().incarnation()))
                && disk.promised.isBefore(vote.promised())) {
            world.checks()
                    .violated(promise(), vote + " counts, and the promise on its disk is of epoch " + disk.promised);
        }
    }

    @Override
    public void receives(Database replica, Database source) {
        long epoch = world.epochOnTimeline(source.timelineToWrite);
        if (source.state != Database.State.PRIMARY || source.isNobodysChild || epoch == 0) {
            return;
        }
        replica.disk
                .incarnation
                .map(life -> promised.get(new Member(world.id(replica.node), life)))
                .filter(vote -> vote.number() > epoch)
                .ifPresent(vote -> world.checks()
                        .violated(
                                promise(),
                                "n" + (replica.node + 1) + " voted for epoch " + vote + " and receives from n"
                                        + (source.node + 1) + ", primary of epoch " + epoch));
    }
}
