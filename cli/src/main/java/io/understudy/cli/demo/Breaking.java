package io.understudy.cli.demo;

import io.understudy.agent.api.SwitchoverBody;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Network;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Causes a fault, and ends it. */
final class Breaking {

    /** As the promise's wording has it: stopped for 20 s. */
    static final Duration HANG = Duration.ofSeconds(20);

    /** How long the node stays cut off after somebody took over. */
    private static final Duration CUT = Duration.ofSeconds(5);

    /** How long an init system takes to start an agent again. */
    private static final Duration AGENT_RESTART = Duration.ofMillis(500);

    private static final Duration REPLICA_AWAY = Duration.ofSeconds(5);

    /** How long the shop trades after a fault that needs no repair, or before the killed node comes back. */
    private static final Duration TRADE = Duration.ofSeconds(2);

    private final List<LocalNode> nodes;
    private final Network network;

    Breaking(List<LocalNode> nodes, Network network) {
        this.nodes = List.copyOf(nodes);
        this.network = network;
    }

    /**
     * A fault that has happened.
     *
     * @param atNanos when, on {@link System#nanoTime}
     * @param text what was done, in words
     * @param repair ends it; waits as long as the fault is to last
     */
    record Broken(long atNanos, String text, Repair repair) {}

    /** Ends a fault when it has lasted long enough. */
    interface Repair {
        void run() throws IOException, InterruptedException;
    }

    /** Causes {@code fault} where {@code primary} is the primary. */
    Broken cause(Fault fault, LocalNode primary) throws IOException, InterruptedException, RequestRefusedException {
        long now = System.nanoTime();
        return switch (fault) {
            case NONE -> new Broken(now, "nothing is broken", Breaking::trade);
            case CRASH -> {
                primary.killServer();
                yield new Broken(now, "killed every server process of " + primary.id(), Breaking::trade);
            }
            case AGENT -> {
                primary.killAgent();
                yield new Broken(now, "killed the agent of " + primary.id() + " alone", () -> {
                    await(now, AGENT_RESTART);
                    primary.start();
                });
            }
            case HOST -> {
                primary.killEverything();
                yield new Broken(now, "killed agent, guard and server of " + primary.id(), () -> {
                    trade();
                    primary.start();
                });
            }
            case HANG -> {
                primary.stopEverything();
                yield new Broken(
                        now, "stopped everything of " + primary.id() + " for " + HANG.toSeconds() + " s", () -> {
                            await(now, HANG);
                            primary.resumeEverything();
                        });
            }
            case REPLICA -> {
                LocalNode replica = otherThan(primary);
                replica.killEverything();
                yield new Broken(now, "killed agent, guard and server of the replica " + replica.id(), () -> {
                    await(now, REPLICA_AWAY);
                    replica.start();
                });
            }
            case SWITCHOVER -> {
                otherThan(primary).agent().switchover(new SwitchoverBody(Optional.empty()));
                yield new Broken(now, "asked for a switchover away from " + primary.id(), Breaking::trade);
            }
            case PARTITION -> {
                network.cut(primary.id());
                yield new Broken(now, "cut off " + primary.id() + " silently", () -> {
                    TimeUnit.NANOSECONDS.sleep(CUT.toNanos());
                    network.join(primary.id());
                });
            }
        };
    }

    private LocalNode otherThan(LocalNode primary) {
        return nodes.stream()
                .filter(node -> !node.id().equals(primary.id()))
                .findFirst()
                .orElseThrow();
    }

    private static void trade() throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(TRADE.toNanos());
    }

    private static void await(long sinceNanos, Duration whole) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(Math.max(0, whole.toNanos() - (System.nanoTime() - sinceNanos)));
    }
}
