package io.understudy.core.coordinator;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.CoordinatorRule.Verdict;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rules that collect votes and choose a primary. The only place where a Grant is made. */
final class Electing {

    /**
     * Votes go into the ledger together with the Grant they make possible; by themselves only when that is not in sight,
     * because the Grant would have to wait until they are written. Their voters repeat them in every report.
     */
    static final Duration VOTES_KEPT_BACK = Duration.ofMillis(250);

    private Electing() {}

    static Optional<Verdict> recordVotes(Situation now) {
        return now.now().since(now.seen().phaseSince()).compareTo(VOTES_KEPT_BACK) < 0 && !awaitsReplay(now)
                ? Optional.empty()
                : recordAtOnce(now);
    }

    /** A winner that cannot finish replay ends what blocks it only when the ledger's votes say that it is ahead. */
    private static boolean awaitsReplay(Situation before) {
        if (before.state().running().isPresent()) {
            return false;
        }
        Situation now = with(news(before), before);
        Candidates candidates = Candidates.of(now);
        return candidates.obstacle().isEmpty()
                && candidates
                        .winner()
                        .filter(vote -> boundary(now, vote).isEmpty())
                        .isPresent();
    }

    private static Optional<Verdict> recordAtOnce(Situation now) {
        if (now.state().running().isPresent()) {
            return Optional.empty();
        }
        List<Vote> news = news(now);
        return news.isEmpty()
                ? Optional.empty()
                : Optional.of(new Verdict(
                        "sealed for epoch " + now.state().epoch().next() + ": "
                                + news.stream().map(Candidates::brief).toList(),
                        recording(news)));
    }

    /** Votes that were reported and are not in the ledger. */
    private static List<Vote> news(Situation now) {
        return now.state().nodes().stream()
                .map(node -> now.freshReport(node).flatMap(Report::vote))
                .flatMap(Optional::stream)
                .filter(given -> isNews(now.state(), given))
                .toList();
    }

    private static List<Command> recording(List<Vote> votes) {
        return votes.stream().<Command>map(Command.RecordVote::new).toList();
    }

    /** The situation as it is once the votes are in the ledger. */
    private static Situation with(List<Vote> votes, Situation now) {
        ClusterState.Copy voted = now.state().copy();
        votes.forEach(voted::vote);
        return new Situation(voted.done(), now.seen(), now.now());
    }

    private static boolean isNews(ClusterState state, Vote vote) {
        return vote.promised().equals(state.epoch().next())
                && state.member(vote.member().node()).equals(Optional.of(vote.member()))
                && !state.votesForNext().contains(vote);
    }

    static Optional<Verdict> grantFirst(Situation now) {
        ClusterState state = now.state();
        if (state.tenure().isPresent() || state.initialiser().isEmpty()) {
            return Optional.empty();
        }
        NodeId maker = state.initialiser().get();
        Optional<Vote> vote = state.votesForNext().stream()
                .filter(given -> state.member(maker).equals(Optional.of(given.member())))
                .findFirst();
        if (vote.isEmpty()) {
            return recordAtOnce(now);
        }
        return boundary(now, vote.get())
                .flatMap(boundary -> Verdict.of(
                        maker + " made the first database",
                        new Command.Grant(
                                state.epoch().next(),
                                vote.get().member(),
                                state.nextTimeline(),
                                boundary,
                                InSyncConfiguration.of(state.settings(), List.of()),
                                Cause.BOOTSTRAP,
                                List.of())));
    }

    /** Grants the next epoch. The votes that make it possible may go into the ledger together with it. */
    static Optional<Verdict> grant(Situation before) {
        if (before.state().running().isPresent()) {
            return Optional.empty();
        }
        List<Vote> news = news(before);
        Situation now = with(news, before);
        Candidates candidates = Candidates.of(now);
        Optional<Vote> winner = candidates.winner();
        if (winner.isEmpty() || candidates.obstacle().isPresent()) {
            return Optional.empty();
        }
        return boundary(now, winner.get()).map(boundary -> {
            List<Command> commands = new ArrayList<>(recording(news));
            commands.add(grant(now, candidates, winner.get(), boundary));
            return new Verdict(candidates.praise(), commands);
        });
    }

    private static Command.Grant grant(Situation now, Candidates candidates, Vote winner, Boundary boundary) {
        ClusterState state = now.state();
        InSyncConfiguration wanted = InSyncConfiguration.of(state.settings(), followers(now, winner, boundary));
        // Tenures that never open leave what they tried behind. When there is no room for more, one of those has to do.
        InSyncConfiguration target = state.inSync().mayGo(wanted)
                ? wanted
                : state.inSync().possible().stream()
                        .filter(known -> known.mode() == wanted.mode()
                                && !known.waitsForNobody()
                                && !known.contains(winner.member().node()))
                        .findFirst()
                        .orElse(wanted);
        return new Command.Grant(
                state.epoch().next(),
                winner.member(),
                state.nextTimeline(),
                boundary,
                target,
                state.change(state.epoch().next()).map(PrimaryChange::cause).orElse(Cause.FAILOVER),
                candidates.looked());
    }

    static Optional<Verdict> waiting(Situation before) {
        if (before.state().running().isPresent()) {
            return Optional.empty();
        }
        Situation now = with(news(before), before);
        Candidates candidates = Candidates.of(now);
        return Verdict.of(candidates
                .obstacle()
                .orElseGet(() -> candidates.winner().map(Vote::member).orElseThrow()
                        + " is to be primary and has not finished replay"));
    }

    /** Where the new epoch would begin on the winner, once its replay is finished. */
    private static Optional<Boundary> boundary(Situation now, Vote winner) {
        return now.freshReport(winner.member().node())
                .filter(report -> report.vote().equals(Optional.of(winner)))
                .map(Report::seen)
                .flatMap(seen ->
                        seen.server() instanceof Server.Standby standby ? standby.boundary() : Optional.empty());
    }

    /** The members that can follow the winner as they are. */
    private static List<Member> followers(Situation now, Vote winner, Boundary boundary) {
        List<TimelineStart> lineage = new ArrayList<>(now.state().lineage());
        lineage.add(new TimelineStart(now.state().epoch().next(), now.state().nextTimeline(), boundary.position()));
        return now.state().nodes().stream()
                .map(now.state()::member)
                .flatMap(Optional::stream)
                .filter(member -> !member.equals(winner.member()))
                .filter(member -> end(now, winner, member)
                        .flatMap(end -> now.freshReport(member.node())
                                .map(report ->
                                        Lineage.fork(report.lineage(now.state().lineage()), end, lineage)))
                        .filter(Optional::isEmpty)
                        .isPresent())
                .toList();
    }

    /**
     * How far a member's log surely goes: as it voted. Nobody can have more than a winner that has the last record of a clean
     * stop, so a replica that is about to seal may be counted on too.
     */
    private static Optional<Position> end(Situation now, Vote winner, Member member) {
        Optional<Position> voted = now.state().votesForNext().stream()
                .filter(vote -> vote.member().equals(member))
                .map(Vote::position)
                .findFirst();
        boolean nobodyHasMore = now.state()
                .switchover()
                .flatMap(SwitchoverRequest::stopped)
                .filter(stopped -> Candidates.holds(now, winner, stopped))
                .isPresent();
        return voted.isPresent() || !nobodyHasMore
                ? voted
                : now.freshReport(member.node())
                        .filter(report -> report.incarnation().equals(Optional.of(member.incarnation())))
                        .flatMap(report -> report.seen().server() instanceof Server.Standby standby
                                ? standby.position()
                                : Optional.empty());
    }
}
