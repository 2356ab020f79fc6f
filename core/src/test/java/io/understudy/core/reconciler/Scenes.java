package io.understudy.core.reconciler;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.core.reconciler.LocalObservation.Replica;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Small clusters for tests: nodes a, b, c; a was primary of epoch 1 on timeline 2 from position 100. */
public final class Scenes {

    public static final NodeId A = new NodeId("a");
    public static final NodeId B = new NodeId("b");
    public static final NodeId C = new NodeId("c");
    public static final Epoch ONE = new Epoch(1);
    public static final Epoch TWO = new Epoch(2);

    private Scenes() {}

    public static Incarnation life(NodeId node) {
        return new Incarnation("life-of-" + node);
    }

    public static Member member(NodeId node) {
        return new Member(node, life(node));
    }

    public static MemberRecord record(NodeId node) {
        return new MemberRecord(
                node,
                Optional.of(life(node)),
                new Incarnation("ledger-of-" + node),
                new Endpoint("127.0.0.1", 5000 + node.name().charAt(0)),
                new Endpoint("127.0.0.1", 6000 + node.name().charAt(0)));
    }

    public static Boundary boundary(long position) {
        return new Boundary(new Position(position), 700, List.of());
    }

    /** Epoch 1 of a, with the configurations possible; the last one is the target. */
    public static ClusterState ruledByA(Phase phase, Settings settings, InSyncConfiguration... possible) {
        Tenure tenure = new Tenure(ONE, member(A), new TimelineId(2), boundary(100), phase);
        ClusterState.Copy state =
                ClusterState.forming("shop", settings, List.of(A, B, C)).copy();
        for (NodeId node : List.of(A, B, C)) {
            state.member(record(node));
        }
        state.initialiser(A)
                .tenure(tenure)
                .extendLineage(tenure.start())
                .inSync(new InSync(List.of(possible), possible[possible.length - 1], 7))
                .began(PrimaryChange.began(ONE, Cause.BOOTSTRAP, Optional.empty(), "C03", "first", Instant.EPOCH));
        if (phase == Phase.REVOKED) {
            state.began(PrimaryChange.began(TWO, Cause.FAILOVER, Optional.of(A), "C21", "gone", Instant.EPOCH));
        }
        return state.done();
    }

    /** Epoch 2 of b on timeline 3, from position 120, open. */
    public static ClusterState ruledByB() {
        InSyncConfiguration others = InSyncConfiguration.semiSync(1, List.of(member(C)));
        Tenure tenure = new Tenure(TWO, member(B), new TimelineId(3), boundary(120), Phase.OPEN);
        return ruledByA(Phase.REVOKED, Settings.DEFAULT, others)
                .copy()
                .tenure(tenure)
                .extendLineage(tenure.start())
                .done();
    }

    public static List<TimelineStart> lineage() {
        return List.of(TimelineStart.GENESIS, new TimelineStart(ONE, new TimelineId(2), new Position(100)));
    }

    /** What an agent with this cluster's data sees. */
    public static LocalObservation seen(NodeId node, Epoch promised, Server server) {
        return new LocalObservation(
                new Data.Ours(life(node)), promised, lineage(), Position.START, server, Optional.empty());
    }

    public static LocalObservation leased(NodeId node, Epoch promised, Server server) {
        LocalObservation plain = seen(node, promised, server);
        return new LocalObservation(
                plain.data(),
                promised,
                plain.lineage(),
                Position.START,
                server,
                Optional.of(new Lease(promised, true)));
    }

    public static Server.Gone gone() {
        return new Server.Gone(Optional.empty(), Optional.empty());
    }

    public static Server.Standby sealedAt(long position) {
        return new Server.Standby(
                Optional.empty(),
                false,
                false,
                new TimelineId(2),
                Optional.of(new Position(position)),
                new Position(position),
                Optional.of(boundary(position)),
                Optional.empty());
    }

    public static Server.Standby streaming(NodeId upstream, long position) {
        return new Server.Standby(
                Optional.of(upstream),
                true,
                true,
                new TimelineId(2),
                Optional.of(new Position(position)),
                new Position(position),
                Optional.empty(),
                Optional.of(new Position(position)));
    }

    public static Server.Primary primary(int timeline, InSyncProgress progress, NodeId... replicas) {
        return new Server.Primary(
                new TimelineId(timeline),
                new Position(500),
                progress,
                List.of(replicas).stream().map(Scenes::healthy).toList());
    }

    public static Replica healthy(NodeId node) {
        return new Replica(node, true, true, new Position(500), new Position(500), 0, Duration.ofMillis(100));
    }
}
