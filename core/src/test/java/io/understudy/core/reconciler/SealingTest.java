package io.understudy.core.reconciler;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Settings;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.List;
import org.junit.jupiter.api.Test;

class SealingTest {

    private static final InSyncConfiguration BOTH = InSyncConfiguration.semiSync(1, List.of(member(B), member(C)));

    @Test
    void aReplicaThatReceivesPromisesAndSealsInOneStep() {
        assertThat(next(ONE, Scenes.streaming(A, 140))).isEqualTo(new Action.Seal(TWO));
    }

    @Test
    void whoeverReceivesFromNobodyPromisesFirst() {
        assertThat(next(ONE, Scenes.sealedAt(140))).isEqualTo(new Action.Promise(TWO));
        assertThat(next(ONE, Scenes.gone())).isEqualTo(new Action.Promise(TWO));
    }

    @Test
    void onlyWhoPromisedAndReceivesFromNobodyIsDone() {
        assertThat(next(TWO, Scenes.streaming(A, 140))).isEqualTo(new Action.Seal(TWO));
        assertThat(next(TWO, Scenes.sealedAt(140))).isEqualTo(new Action.Wait());
    }

    private static Action next(Epoch promised, Server server) {
        return Reconciler.next(
                        Assignment.of(Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, BOTH), B),
                        Scenes.seen(B, promised, server))
                .action();
    }
}
