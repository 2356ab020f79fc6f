package io.understudy.core.coordinator;

import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.reconciler.LocalObservation.Replica;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which replicas may be, or may stay, in the in-sync set. */
final class ReplicaHealth {

    /** A replica further behind does not join: commits would wait for it to catch up. */
    static final long JOIN_LAG_BYTES = 1024 * 1024;

    /** A member that neither its agent nor its server was heard of for about this long is lost. */
    static final Duration LOST = Duration.ofMillis(1_000);

    /** Together with {@link #LOST}: a server answers the primary at least once a second. */
    static final Duration SERVER_QUIET = Duration.ofMillis(700);

    /** A member of which only one half is silent is given this long. */
    static final Duration HALF_LOST = Duration.ofMillis(3_000);

    private ReplicaHealth() {}

    /** The members that the primary's last report and their own show to be healthy. */
    static List<Member> healthy(Situation now, Server.Primary primary) {
        List<Member> healthy = new ArrayList<>();
        for (NodeId node : now.state().nodes()) {
            healthy(now, primary, node).ifPresent(healthy::add);
        }
        return List.copyOf(healthy);
    }

    private static Optional<Member> healthy(Situation now, Server.Primary primary, NodeId node) {
        Optional<Member> member = now.state().member(node);
        Optional<Replica> replica = replica(primary, node);
        if (member.isEmpty() || replica.isEmpty()) {
            return Optional.empty();
        }
        boolean isIn = now.state().inSync().target().members().contains(member.get());
        return (isIn ? mayStay(now, node, replica.get()) : mayJoin(now, member.get(), replica.get()))
                ? member
                : Optional.empty();
    }

    private static Optional<Replica> replica(Server.Primary primary, NodeId node) {
        for (Replica seen : primary.replicas()) {
            if (seen.node().equals(node) && seen.streaming() && seen.direct()) {
                return Optional.of(seen);
            }
        }
        return Optional.empty();
    }

    private static boolean mayStay(Situation now, NodeId node, Replica replica) {
        Duration agent = now.silence(node);
        Duration server = replica.silence();
        return agent.compareTo(HALF_LOST) <= 0
                && server.compareTo(HALF_LOST) <= 0
                && (agent.compareTo(LOST) <= 0 || server.compareTo(SERVER_QUIET) <= 0);
    }

    private static boolean mayJoin(Situation now, Member member, Replica replica) {
        return replica.lagBytes() <= JOIN_LAG_BYTES
                && replica.silence().compareTo(HALF_LOST) <= 0
                && now.freshReport(member.node())
                        .filter(report -> report.incarnation().equals(Optional.of(member.incarnation())))
                        .filter(report ->
                                report.seen().server() instanceof Server.Standby standby && standby.streaming())
                        .isPresent();
    }
}
