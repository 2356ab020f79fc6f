package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the cluster's users can rely on at this moment, in words. Says what is in force, not what was configured.
 *
 * @param commits when a commit is acknowledged now, or why commits wait
 * @param loss what would be lost if the primary were lost now
 * @param promotable who could be promoted then, without an operator
 * @param promotion why those, or why nobody
 */
public record Guarantee(String commits, String loss, List<NodeId> promotable, String promotion) {

    public Guarantee {
        promotable = List.copyOf(promotable);
    }

    /** What holds now, as far as the Raft leader knows. */
    public static Guarantee of(ClusterState state, Sightings seen, MonotonicTime now) {
        Situation situation = new Situation(state, seen, now);
        if (state.running().isEmpty()) {
            String why = Coordinator.decide(state, seen, now).reason();
            return new Guarantee(
                    "no commit is acknowledged: there is no primary",
                    "nothing is lost while nobody is primary",
                    List.of(),
                    why);
        }
        Tenure held = state.running().get();
        List<NodeId> reachable = reachable(situation, held);
        Optional<String> obstacle = obstacle(state, reachable);
        return new Guarantee(
                commits(situation, held) + exempt(situation),
                loss(situation),
                obstacle.isPresent() ? List.of() : reachable,
                obstacle.orElseGet(() -> reachable.isEmpty()
                        ? "no other node with data of this cluster is heard"
                        : "whoever of them has most of the log; between equals the first by name"));
    }

    private static String exempt(Situation now) {
        List<String> exempt = now.runningPrimary().map(Server.Primary::exempt).orElse(List.of());
        return exempt.isEmpty()
                ? ""
                : "; commits of these wait for less, by a setting of their own: " + String.join(", ", exempt);
    }

    private static String commits(Situation now, Tenure held) {
        InSyncConfiguration target = now.state().inSync().target();
        if (!now.state().isOpen()) {
            return "commits wait: " + held.holder() + " has not proved its in-sync set yet ("
                    + now.report(held.holder().node()).map(Report::doing).orElse("not heard") + ")";
        }
        if (target.blocksCommits()) {
            return "commits wait: in sync are " + target.members() + ", and at least " + target.confirmations()
                    + " members are needed (confirmations, min-in-sync)";
        }
        if (now.state().inSync().isJoint()) {
            return "the in-sync set is changing to " + target + "; commits may wait for a moment";
        }
        if (target.isDegraded()) {
            return "acknowledged by " + held.holder() + " alone: the guarantee of " + target.mode()
                    + " is given up (degraded)";
        }
        if (target.waitsForNobody()) {
            return "acknowledged when " + held.holder() + " has them on disk";
        }
        long healthy = now.runningPrimary()
                .map(primary -> ReplicaHealth.healthy(now, primary).stream()
                        .filter(target.members()::contains)
                        .count())
                .orElse(0L);
        if (healthy < target.confirmations()) {
            return "commits wait: " + target.confirmations() + " of " + target.members() + " must confirm, " + healthy
                    + " can";
        }
        return target.mode() == ReplicationMode.SYNC
                ? "acknowledged when " + held.holder() + " has them on disk and all of " + target.members()
                        + " applied them"
                : "acknowledged when " + held.holder() + " and " + target.confirmations() + " of " + target.members()
                        + " have them on disk";
    }

    private static String loss(Situation now) {
        boolean anyUnconfirmed = now.state().inSync().possible().stream().anyMatch(InSyncConfiguration::waitsForNobody);
        if (!anyUnconfirmed) {
            return "nothing acknowledged";
        }
        if (now.state().inSync().possible().stream().anyMatch(InSyncConfiguration::isDegraded)) {
            return "nothing without an operator: only the same data may be primary again";
        }
        return now.runningPrimary()
                .map(primary -> "what no replica has yet: " + unreplicated(primary)
                        + " bytes of log when last reported; " + bound(now))
                .orElse("what no replica has yet; " + bound(now));
    }

    /** Of what is known. What was acknowledged since the last report comes on top. */
    private static String bound(Situation now) {
        return "nobody who is known to miss more than " + now.state().settings().maxFailoverLagBytes()
                + " bytes takes over by itself";
    }

    private static long unreplicated(Server.Primary primary) {
        Position best = primary.replicas().stream()
                .map(replica -> replica.flushed())
                .max(Position::compareTo)
                .orElse(Position.START);
        return primary.position().bytesSince(best);
    }

    private static List<NodeId> reachable(Situation now, Tenure held) {
        return now.state().nodes().stream()
                .filter(node -> !node.equals(held.holder().node()))
                .filter(node -> now.freshReport(node)
                        .filter(report -> report.seen().server() instanceof Server.Standby
                                && report.incarnation()
                                        .equals(now.state().member(node).map(Member::incarnation)))
                        .isPresent())
                .toList();
    }

    private static Optional<String> obstacle(ClusterState state, List<NodeId> reachable) {
        List<String> reasons = new ArrayList<>();
        for (InSyncConfiguration configuration : state.inSync().possible()) {
            long sealed = configuration.members().stream()
                    .filter(member -> reachable.contains(member.node())
                            && state.member(member.node()).equals(Optional.of(member)))
                    .count();
            if (configuration.isDegraded()) {
                reasons.add(
                        "commits were acknowledged by the primary alone (degraded): only the same data may be primary");
            } else if (!configuration.waitsForNobody() && sealed < configuration.sealsNeeded()) {
                reasons.add(configuration + ": " + configuration.sealsNeeded() + " of its members must be reachable, "
                        + sealed + " are; an acknowledged commit may be only on the others");
            }
        }
        return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", reasons));
    }
}
