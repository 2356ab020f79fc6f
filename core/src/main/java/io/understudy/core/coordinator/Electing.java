package io.understudy.core.coordinator;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Lineage;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.CoordinatorRule.Verdict;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rules that collect votes and choose a primary. The only place where a Grant is made. */
final class Electing {

    private Electing() {}

    static Optional<Verdict> recordVotes(Situation now) {
        ClusterState state = now.state();
        if (state.running().isPresent()) {
            return Optional.empty();
        }
        List<Command> news = new ArrayList<>();
        List<String> who = new ArrayList<>();
        for (NodeId node : state.nodes()) {
            Optional<Vote> vote = now.freshReport(node).flatMap(Report::vote).filter(given -> isNews(state, given));
            if (vote.isPresent()) {
                news.add(new Command.RecordVote(vote.get()));
                who.add(node + " at " + vote.get().position() + " of epoch "
                        + vote.get().lastEpoch());
            }
        }
        return news.isEmpty()
                ? Optional.empty()
                : Optional.of(new Verdict("sealed for epoch " + state.epoch().next() + ": " + who, news));
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
            return recordVotes(now);
        }
        return boundary(now, vote.get())
                .flatMap(boundary -> Verdict.of(
                        maker + " made the first database",
                        new Command.Grant(
                                state.epoch().next(),
                                vote.get().member(),
                                state.nextTimeline(),
                                boundary,
                                firstTarget(state.settings(), List.of()),
                                Cause.BOOTSTRAP,
                                List.of())));
    }

    static Optional<Verdict> grant(Situation now) {
        ClusterState state = now.state();
        if (state.running().isPresent()) {
            return Optional.empty();
        }
        Candidates candidates = Candidates.of(now);
        Optional<Vote> winner = candidates.winner();
        if (winner.isEmpty() || candidates.obstacle().isPresent()) {
            return Optional.empty();
        }
        return boundary(now, winner.get()).flatMap(boundary -> {
            InSyncConfiguration target = firstTarget(state.settings(), followers(now, winner.get(), boundary));
            return Verdict.of(
                    candidates.praise(),
                    new Command.Grant(
                            state.epoch().next(),
                            winner.get().member(),
                            state.nextTimeline(),
                            boundary,
                            target,
                            state.change(state.epoch().next())
                                    .map(PrimaryChange::cause)
                                    .orElse(Cause.FAILOVER),
                            candidates.looked()));
        });
    }

    static Optional<Verdict> waiting(Situation now) {
        if (now.state().running().isPresent()) {
            return Optional.empty();
        }
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

    /** The sealed members that can follow the winner as they are. */
    private static List<Member> followers(Situation now, Vote winner, Boundary boundary) {
        List<TimelineStart> lineage = new ArrayList<>(now.state().lineage());
        lineage.add(new TimelineStart(now.state().epoch().next(), now.state().nextTimeline(), boundary.position()));
        return now.state().votesForNext().stream()
                .filter(vote -> !vote.member().equals(winner.member()))
                .filter(vote -> now.freshReport(vote.member().node())
                        .filter(report -> Lineage.fork(report.seen().lineage(), vote.position(), lineage)
                                .isEmpty())
                        .isPresent())
                .map(Vote::member)
                .toList();
    }

    private static InSyncConfiguration firstTarget(Settings settings, List<Member> followers) {
        return switch (settings.mode()) {
            case ASYNC -> InSyncConfiguration.async();
            case SEMI_SYNC -> InSyncConfiguration.semiSync(settings.confirmations(), followers);
            case SYNC -> InSyncConfiguration.sync(followers);
        };
    }
}
