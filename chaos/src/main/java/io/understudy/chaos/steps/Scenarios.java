package io.understudy.chaos.steps;

import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.SwitchoverBody;
import io.understudy.chaos.steps.Play.Phase;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.LocalNode;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All scenarios. */
final class Scenarios {

    private static final String PRIMARY = "primary";
    private static final String OLD_PRIMARY = "old primary";
    private static final String OTHER_REPLICA = "other replica";

    private Scenarios() {}

    static List<Scenario> all() {
        return List.of(
                new Scenario(
                        "failover",
                        Scenario.Database.EMBEDDED,
                        "the primary's node is killed; the crash is on a node that takes part in choosing its successor",
                        Scenarios::failover),
                new Scenario(
                        "switchover",
                        Scenario.Database.EMBEDDED,
                        "a planned change of primary; the crash is on any of the three nodes",
                        Scenarios::switchover),
                new Scenario(
                        "replica-leaves",
                        Scenario.Database.EMBEDDED,
                        "a replica's node is killed and taken out of the in-sync set; the crash is on one of the two others",
                        Scenarios::replicaLeaves),
                new Scenario(
                        "replica-returns",
                        Scenario.Database.EMBEDDED,
                        "it comes back and joins the in-sync set; the crash is on any of the three nodes",
                        Scenarios::replicaReturns),
                new Scenario(
                        "clone",
                        Scenario.Database.EMBEDDED,
                        "a replica's data directory is emptied; the crash is on that replica",
                        Scenarios::emptied),
                new Scenario(
                        "restart-in-place",
                        Scenario.Database.EMBEDDED,
                        "the primary's server is killed while one replica is down and the other has less of the log;"
                                + " the crash is on the primary or on that other",
                        Scenarios::restartInPlace),
                new Scenario(
                        "diverged",
                        Scenario.Database.EMBEDDED,
                        "a former primary returns with a diverged tail and no pg_rewind; the crash is on it",
                        Scenarios::diverged),
                new Scenario(
                        "rewind",
                        Scenario.Database.INSTALLED,
                        "a former primary returns with a diverged tail and is rewound; the crash is on it",
                        Scenarios::diverged));
    }

    private static Play failover(Field field) throws IOException {
        LocalNode primary = field.primary();
        long epoch = epoch(field);
        Map<NodeId, String> roles = roles(field.others(primary), "survivor");
        long[] since = new long[1];
        return new Play(
                roles,
                List.of(new Phase(
                        "the node of " + primary.id() + " is killed",
                        watch -> {
                            look(field, watch, field.others(primary));
                            since[0] = System.nanoTime();
                            primary.killEverything();
                        },
                        () -> field.isOpenAfter(epoch, since[0]) && field.inSyncMembers() == 1)));
    }

    private static Play switchover(Field field) throws IOException {
        LocalNode primary = field.primary();
        LocalNode target = field.others(primary).getFirst();
        LocalNode other = field.others(primary).getLast();
        long epoch = epoch(field);
        long[] since = new long[1];
        return new Play(
                Map.of(primary.id(), OLD_PRIMARY, target.id(), "target", other.id(), OTHER_REPLICA),
                List.of(new Phase(
                        target.id() + " is to take over from " + primary.id(),
                        watch -> {
                            look(field, watch, field.nodes());
                            since[0] = System.nanoTime();
                            ask(other, target);
                        },
                        () -> field.isWhole(since[0]) && field.isOpenAfter(epoch, since[0]))));
    }

    private static void ask(LocalNode asked, LocalNode target) throws IOException {
        try {
            asked.agent().switchover(new SwitchoverBody(Optional.of(target.id().name())));
        } catch (RequestRefusedException refused) {
            throw new IOException(
                    "The switchover to " + target.id() + " was refused: " + refused.getMessage(), refused);
        } catch (IOException unanswered) {
            // Whom it would have been handed on to was held before it answered.
            return;
        }
    }

    private static Play replicaLeaves(Field field) throws IOException {
        LocalNode primary = field.primary();
        LocalNode replica = field.others(primary).getFirst();
        LocalNode other = field.others(primary).getLast();
        return new Play(
                Map.of(primary.id(), PRIMARY, other.id(), OTHER_REPLICA),
                List.of(leaves(field, replica, watch -> look(field, watch, List.of(primary, other)))));
    }

    private static Play replicaReturns(Field field) throws IOException {
        LocalNode primary = field.primary();
        LocalNode replica = field.others(primary).getFirst();
        LocalNode other = field.others(primary).getLast();
        return new Play(
                Map.of(primary.id(), PRIMARY, replica.id(), "replica", other.id(), OTHER_REPLICA),
                List.of(leaves(field, replica, _ -> {}), returns(field, replica, field.nodes())));
    }

    private static Play emptied(Field field) throws IOException {
        LocalNode replica = field.others(field.primary()).getFirst();
        return new Play(
                Map.of(replica.id(), "replica"),
                List.of(
                        leaves(field, replica, _ -> {}),
                        new Phase(
                                "the data directory of " + replica.id() + " is emptied",
                                _ -> Directories.remove(field.data(replica)),
                                () -> true),
                        returns(field, replica, List.of(replica))));
    }

    private static Play restartInPlace(Field field) throws IOException {
        LocalNode primary = field.primary();
        LocalNode down = field.others(primary).getFirst();
        LocalNode behind = field.others(primary).getLast();
        long epoch = epoch(field);
        long[] since = new long[1];
        return new Play(
                Map.of(primary.id(), PRIMARY, behind.id(), "replica that has less"),
                List.of(new Phase(
                        "the node of " + down.id() + " and the server of " + primary.id() + " are killed",
                        watch -> {
                            look(field, watch, List.of(primary, behind));
                            since[0] = System.nanoTime();
                            UnsharedTail.leave(field, primary);
                            down.killEverything();
                            primary.killServer();
                        },
                        () -> field.isOpenAfter(epoch, since[0]))));
    }

    private static Play diverged(Field field) throws IOException {
        LocalNode primary = field.primary();
        long epoch = epoch(field);
        long[] since = new long[1];
        return new Play(
                Map.of(primary.id(), OLD_PRIMARY),
                List.of(
                        new Phase(
                                "the node of " + primary.id() + " is killed with a tail that nobody else has",
                                _ -> {
                                    since[0] = System.nanoTime();
                                    UnsharedTail.leave(field, primary);
                                    primary.killEverything();
                                },
                                () -> field.isOpenAfter(epoch, since[0])),
                        returns(field, primary, List.of(primary))),
                () -> KeptTail.problems(primary));
    }

    private static Phase leaves(Field field, LocalNode replica, Play.Doing before) {
        return new Phase(
                "the node of " + replica.id() + " is killed",
                watch -> {
                    before.run(watch);
                    replica.killEverything();
                },
                () -> field.inSyncMembers() == 1);
    }

    private static Phase returns(Field field, LocalNode node, List<LocalNode> looked) {
        long[] since = new long[1];
        return new Phase(
                node.id() + " comes back",
                watch -> {
                    since[0] = System.nanoTime();
                    field.startHeld(node);
                    look(field, watch, looked);
                },
                () -> field.isWhole(since[0]));
    }

    private static void look(Field field, Watch watch, List<LocalNode> nodes) throws IOException, InterruptedException {
        for (LocalNode node : nodes) {
            watch.look(node.id(), field.debugPort(node.id()));
        }
    }

    private static long epoch(Field field) throws IOException {
        return field.tenure().map(TenureView::epoch).orElseThrow(() -> new IOException("No agent told of any tenure"));
    }

    private static Map<NodeId, String> roles(List<LocalNode> nodes, String role) {
        Map<NodeId, String> roles = new HashMap<>();
        nodes.forEach(node -> roles.put(node.id(), role));
        return roles;
    }
}
