package io.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.Sightings;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A checker that cannot fail proves nothing: each of these wrong decisions is caught. */
class CheckersCatchWrongDecisionsTest {

    private static final Options SEMI_SYNC = Options.DEFAULT.withMode(ReplicationMode.SEMI_SYNC);
    private static final Options ASYNC = Options.DEFAULT.withMode(ReplicationMode.ASYNC);

    /** The first violation that {@code wrong} leads to within so many seeds. */
    private static Optional<String> caught(int seeds, Options options, Decisions wrong) {
        for (long seed = 1; seed <= seeds; seed++) {
            List<String> violations = Simulation.run(seed, options, wrong, Trace.Keeping.LAST_EVENTS)
                    .violations();
            if (!violations.isEmpty()) {
                return Optional.of("seed " + seed + ": " + violations.getFirst());
            }
        }
        return Optional.empty();
    }

    @Test
    void aSealThatDoesNotEndTheReceiver() {
        assertThat(caught(1000, SEMI_SYNC, new Decisions() {
                    @Override
                    SealKind sealing() {
                        return SealKind.ONLY_LOOKS_LIKE_IT;
                    }
                }))
                .isPresent();
    }

    @Test
    void anUnknownPositionThatCountsAsSealed() {
        assertThat(caught(300, SEMI_SYNC, new Decisions() {
                    @Override
                    LocalObservation observed(LocalObservation seen, Database database) {
                        return seen.server() instanceof Server.Standby standby
                                        && standby.isSealed()
                                        && standby.position().isEmpty()
                                ? believing(seen, known(standby))
                                : seen;
                    }
                }))
                .isPresent();
    }

    private static Server known(Server.Standby standby) {
        return new Server.Standby(
                standby.upstream(),
                standby.receiving(),
                standby.streaming(),
                standby.timeline(),
                Optional.of(standby.replayed()),
                standby.replayed(),
                Optional.of(new Boundary(standby.replayed(), 1, List.of())),
                standby.primaryEnd());
    }

    private static LocalObservation believing(LocalObservation seen, Server server) {
        return new LocalObservation(seen.data(), seen.promised(), seen.lineage(), Position.START, server, seen.lease());
    }

    @Test
    void aRestoredCopyThatVotesAsIfItWereWhole() {
        assertThat(caught(2000, SEMI_SYNC, new Decisions() {
                    @Override
                    LocalObservation observed(LocalObservation seen, Database database) {
                        return believing(seen, seen.server());
                    }
                }))
                .isPresent();
    }

    @Test
    void aGrantByNameBeforePosition() {
        assertThat(caught(200, SEMI_SYNC, new Decisions() {
                    @Override
                    Decision decide(ClusterState state, Sightings seen, MonotonicTime now) {
                        Decision right = super.decide(state, seen, now);
                        List<Command> commands = new ArrayList<>(right.commands());
                        commands.replaceAll(command ->
                                command instanceof Command.Grant grant ? firstByName(grant, state, seen) : command);
                        return new Decision(right.rule(), right.reason(), commands);
                    }
                }))
                .hasValueSatisfying(how -> assertThat(how).containsAnyOf("lost", "may have confirmed", "async loses"));
    }

    private static Command.Grant firstByName(Command.Grant grant, ClusterState state, Sightings seen) {
        for (Vote vote : state.votesForNext()) {
            Sightings.Sighting sighting = seen.reports().get(vote.member().node());
            if (sighting != null
                    && sighting.report().seen().server() instanceof Server.Standby standby
                    && standby.boundary().isPresent()) {
                return new Command.Grant(
                        grant.epoch(),
                        vote.member(),
                        grant.timeline(),
                        standby.boundary().get(),
                        grant.target(),
                        grant.cause(),
                        grant.candidates());
            }
        }
        return grant;
    }

    @Test
    void aLeaseThatTheHolderCountsFromLaterThanTheLeader() {
        assertThat(caught(600, ASYNC, new Decisions() {
                    @Override
                    long leaseCountedFrom(long sentAt, long answeredAt) {
                        return answeredAt + Agenda.SECOND;
                    }
                }))
                .isPresent();
    }

    @Test
    void aTenureOpenedWithoutAMarker() {
        assertThat(caught(200, SEMI_SYNC, new Decisions() {
                    @Override
                    LocalObservation observed(LocalObservation seen, Database database) {
                        return seen.server() instanceof Server.Primary primary
                                        && primary.inSync().step() == InSyncProgress.Step.SET
                                ? withoutMarker(seen, primary)
                                : seen;
                    }
                }))
                .isPresent();
    }

    private static LocalObservation withoutMarker(LocalObservation seen, Server.Primary primary) {
        InSyncProgress claimed = new InSyncProgress(primary.inSync().change(), InSyncProgress.Step.CONFIRMED);
        return new LocalObservation(
                seen.data(),
                seen.promised(),
                seen.lineage(),
                seen.highestReported(),
                new Server.Primary(primary.timeline(), primary.position(), claimed, primary.replicas()),
                seen.lease());
    }

    @Test
    void aDatabaseThatChoosesItsOwnTimeline() {
        assertThat(caught(50, SEMI_SYNC, new Decisions() {
                    @Override
                    int promotedTimeline(int allocated, Disk disk) {
                        return disk.highestTimeline() + 1;
                    }
                }))
                .isPresent();
    }

    @Test
    void aChangeOfTheInSyncSetThatIsNotVerified() {
        assertThat(caught(300, Options.DEFAULT, new Decisions() {
                    @Override
                    ChangeKind changing() {
                        return ChangeKind.HOPED_FOR;
                    }
                }))
                .isPresent();
    }

    @Test
    void aFailoverThatObeysOnlyTheNewestConfiguration() {
        assertThat(caught(600, SEMI_SYNC, new Decisions() {
                    @Override
                    Decision decide(ClusterState state, Sightings seen, MonotonicTime now) {
                        return super.decide(
                                state.copy().inSync(state.inSync().completed()).done(), seen, now);
                    }
                }))
                .isPresent();
    }
}
