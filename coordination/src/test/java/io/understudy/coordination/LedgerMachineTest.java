package io.understudy.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.coordination.ratis.Leadership;
import io.understudy.coordination.ratis.ReplicatedMachine.Heard;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import io.understudy.core.coordinator.Report;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LedgerMachineTest {

    private static final NodeId A = new NodeId("a");
    private static final NodeId B = new NodeId("b");
    private static final NodeId C = new NodeId("c");
    private static final long RUN = 7;

    private final ClusterState open = LedgerTest.open();
    private final LedgerCodec codec = new LedgerCodec();
    private final Counting listener = new Counting();
    private final LedgerMachine machine =
            new LedgerMachine(C, open, () -> new MonotonicTime(System.nanoTime()), codec, listener);

    LedgerMachineTest() {
        machine.apply(1, codec.encode(new LedgerMessage.Form(open)));
        machine.leadership(new Leadership.Leading(1));
    }

    @Test
    void aReplicaThatSaysTheSameAgainCanWaitWhileAPrimaryIsOpen() {
        assertThat(hear(B, RUN, 1, open.version(), "waits").patient()).isFalse();
        assertThat(hear(B, RUN, 2, open.version(), "waits").patient()).isTrue();
        assertThat(hear(B, RUN, 3, open.version(), "does something else").patient())
                .as("more news may follow, and only so many reports are under way")
                .isFalse();
        assertThat(hear(B, RUN + 1, 1, open.version(), "waits").patient())
                .as("another run of its agent knows nothing yet")
                .isFalse();
    }

    @Test
    void aReportThatIsSentAgainWasNotAnsweredAndWaitsForNobody() {
        hear(B, RUN, 1, open.version(), "waits");
        assertThat(hear(B, RUN, 1, open.version(), "waits").patient()).isFalse();
    }

    @Test
    void whoKnowsAnOlderStateIsToldAtOnce() {
        hear(B, RUN, 1, open.version(), "waits");
        assertThat(hear(B, RUN, 2, open.version() - 1, "waits").patient()).isFalse();
    }

    @Test
    void aPrimaryNeverWaitsForItsLease() {
        hear(A, RUN, 1, open.version(), "waits");
        Heard again = hear(A, RUN, 2, open.version(), "waits");
        assertThat(again.patient()).isFalse();
        assertThat(codec.decode(again.answer().get(), LedgerMessage.Received.class)
                        .renewed())
                .contains(new Epoch(1));
    }

    @Test
    void whileNobodyHoldsATenureNobodyWaits() {
        hear(B, RUN, 1, open.version(), "waits");
        revoke();
        long version = open.version() + 1;
        assertThat(hear(B, RUN, 2, version, "waits").patient()).isFalse();
        Heard again = hear(B, RUN, 3, version, "waits");
        assertThat(again.patient()).isFalse();
        assertThat(codec.decode(again.answer().get(), LedgerMessage.Received.class)
                        .vacant())
                .contains(new Epoch(2));
    }

    @Test
    void aNewLeadershipAnswersEverybodyAtOnce() {
        hear(B, RUN, 1, open.version(), "waits");
        machine.leadership(new Leadership.Leading(2));
        assertThat(hear(B, RUN, 2, open.version(), "waits").patient()).isFalse();
    }

    @Test
    void whatSaysTheSameAgainStirsNobodyWhileAPrimaryIsOpen() {
        hear(B, RUN, 1, open.version(), "waits");
        int stirred = listener.stirred;
        hear(B, RUN, 2, open.version(), "waits");
        assertThat(listener.stirred).isEqualTo(stirred);
        hear(B, RUN, 3, open.version(), "does something else");
        assertThat(listener.stirred).isEqualTo(stirred + 1);
        revoke();
        stirred = listener.stirred;
        hear(B, RUN, 4, open.version() + 1, "does something else");
        assertThat(listener.stirred).isEqualTo(stirred + 1);
    }

    private void revoke() {
        Command revoke = new Command.Revoke(new Epoch(1), Cause.FAILOVER, Optional.empty());
        machine.apply(
                1,
                codec.encode(new LedgerMessage.Change(
                        new Proposal(open.version(), List.of(revoke), "test", "a test asks", Instant.EPOCH))));
    }

    private Heard hear(NodeId node, long run, long number, long known, String doing) {
        LocalObservation seen = new LocalObservation(
                new Data.Ours(new Incarnation("life-of-" + node)),
                new Epoch(1),
                List.of(),
                Position.START,
                new Server.Starting(),
                Optional.empty());
        Report report = new Report(
                node,
                new Incarnation("ledger"),
                new Endpoint("127.0.0.1", 5432),
                new Endpoint("127.0.0.1", 8008),
                seen,
                doing,
                Optional.empty(),
                Optional.empty(),
                List.of());
        return machine.hear(codec.encode(new LedgerMessage.Reported(run, number, known, report)));
    }

    private static final class Counting implements LedgerMachine.Listener {
        private int stirred;

        @Override
        public void applied(ClusterState state) {}

        @Override
        public void told(ClusterState state) {}

        @Override
        public void toldOfNewer(long version) {}

        @Override
        public void leaderChanged() {}

        @Override
        public void stirred() {
            stirred++;
        }
    }
}
