package io.understudy.core.coordinator;

import static io.understudy.core.coordinator.CoordinatorScene.revoked;
import static io.understudy.core.coordinator.CoordinatorScene.vote;
import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.command.Command;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Scenes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who may be chosen in async mode, where commits wait for no replica. */
class AsyncFailoverTest {

    private final CoordinatorScene scene = new CoordinatorScene();

    @Test
    void inAsyncASilentFormerHolderMustHaveLostItsLeaseOnItsOwnClockToo() {
        ClusterState state = revoked(InSyncConfiguration.async(), vote(B, 140), vote(C, 140));
        Lookout lookout = scene.heardSealed(state, 140, 140);
        Duration onASlowerClock = Duration.ofMillis(3_000 + 3_000 / 25 + 50);

        scene.pass(onASlowerClock.minusMillis(1));
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));
        scene.hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(140)));
        assertThat(scene.decide(state, lookout).reason()).contains("may still acknowledge");

        scene.pass(Duration.ofMillis(1));
        assertThat(scene.decide(state, lookout).rule()).isEqualTo("C40 grant");
    }

    @Test
    void inAsyncAReplicaTooFarBehindIsNotChosen() {
        ClusterState state = revoked(InSyncConfiguration.async(), vote(B, 140));
        Lookout lookout = scene.lookout(state);
        long far = 140 + state.settings().maxFailoverLagBytes() + 1;
        Server.Standby sealed = Scenes.sealedAt(140);
        Server.Standby behind = new Server.Standby(
                Optional.empty(),
                false,
                false,
                sealed.timeline(),
                sealed.position(),
                sealed.replayed(),
                sealed.boundary(),
                Optional.of(new Position(far)));
        scene.pass(Duration.ofSeconds(4));
        scene.hear(lookout, state, B, Scenes.seen(B, TWO, behind));

        assertThat(scene.decide(state, lookout).reason()).contains("max-failover-lag");
    }

    @Test
    void inAsyncAVoteInTheLedgerTellsANewRaftLeaderHowFarTheLogWent() {
        long far = 140 + Settings.DEFAULT.maxFailoverLagBytes() + 1;
        ClusterState state = revoked(InSyncConfiguration.async(), vote(A, far), vote(B, 140));
        Lookout fresh = scene.lookout(state);
        scene.pass(Duration.ofSeconds(4));
        scene.hear(fresh, state, B, Scenes.seen(B, TWO, Scenes.sealedAt(140)));

        assertThat(scene.decide(state, fresh).reason()).contains("b lacks 16777217 bytes");
    }

    @Test
    void inAsyncWhatAServerWroteOutOfTurnIsNotTakenForTheFormerPrimarysLog() {
        long far = 140 + Settings.DEFAULT.maxFailoverLagBytes() + 1;
        ClusterState state = revoked(InSyncConfiguration.async(), vote(B, far), vote(C, 140));
        Lookout lookout = scene.lookout(state);
        scene.pass(Duration.ofSeconds(4));
        LocalObservation written = Scenes.seen(B, TWO, Scenes.sealedAt(far));
        List<TimelineStart> left = new ArrayList<>(written.lineage());
        left.add(new TimelineStart(ONE, new TimelineId(2), Position.START));
        scene.hear(
                lookout,
                state,
                B,
                new LocalObservation(
                        written.data(),
                        written.promised(),
                        left,
                        new Position(far),
                        written.server(),
                        written.lease()));
        scene.hear(lookout, state, C, Scenes.seen(C, TWO, Scenes.sealedAt(140)));

        assertThat(scene.decide(state, lookout).commands())
                .filteredOn(Command.Grant.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.Grant.class, grant -> assertThat(grant.holder()).isEqualTo(member(C)));
    }
}
