package io.understudy.cli.demo;

import io.understudy.agent.api.ClusterView;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.UnusableMachineException;
import io.understudy.cli.api.KnownDemo;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.Health;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.cli.local.PrimaryWatch;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The demonstration from beginning to end. */
public final class Demo {

    private static final Duration FORMING = Duration.ofMinutes(2);
    private static final Duration SCHEMA = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(20);

    private final DemoOptions options;
    private final PrintWriter lines;
    private final Narrator narrator;
    private final List<RoundResult> results = new ArrayList<>();

    /**
     * A demonstration; nothing is started yet.
     *
     * @param out standard output
     * @param err standard error
     */
    public Demo(DemoOptions options, PrintWriter out, PrintWriter err) {
        this.options = options;
        this.lines = out;
        this.narrator = new Narrator(options.output() == DemoOptions.Output.JSON ? err : out);
    }

    /**
     * Plays it.
     *
     * @return {@link ExitStatus#DONE} when every round kept its promise and all nodes are healthy
     */
    public int play() throws IOException, UnusableMachineException, InterruptedException {
        LocalDirectory directory = LocalDirectory.make(options.directory());
        DemoCluster cluster;
        try {
            cluster = DemoCluster.layOut(options, directory, narrator);
        } catch (IOException | UnusableMachineException | RuntimeException failed) {
            directory.remove();
            throw failed;
        }
        Cleanup cleanup = new Cleanup(cluster, directory, narrator);
        if (options.keep() == DemoOptions.Ending.KEEP) {
            cleanup.keepDirectory();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(cleanup, "cleanup"));
        boolean kept = false;
        try {
            kept = play(cluster, directory, cleanup);
        } finally {
            if (!kept) {
                cleanup.keepDirectory();
            }
            cleanup.run();
        }
        return kept ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    /** Only a convenience: somebody whose home cannot be written to can still name an agent. */
    private void makeKnown(DemoCluster cluster) {
        List<Endpoint> agents =
                cluster.nodes().stream().map(node -> node.addresses().api()).toList();
        try {
            KnownDemo.write(agents);
        } catch (IOException unwritable) {
            narrator.say(KnownDemo.file() + " cannot be written; other commands need --at " + agents.getFirst());
        }
    }

    private boolean play(DemoCluster cluster, LocalDirectory directory, Cleanup cleanup)
            throws IOException, InterruptedException {
        // Once for all nodes, which would each do it otherwise.
        PostgresInstallation.find(new InstallationSource.Embedded(directory.binaries()));
        narrator.say("starting " + options.nodes() + " nodes, " + options.mode() + ", in " + directory.root());
        cluster.start();
        makeKnown(cluster);
        if (!form(cluster, narrator)) {
            return false;
        }
        for (int number = 1; number <= options.rounds(); number++) {
            narrator.plain("");
            narrator.say("round " + number + " of " + options.rounds() + ": " + options.fault() + " ("
                    + options.fault().text() + ")");
            RoundResult result = new Round(cluster, options.fault(), narrator).play();
            results.add(result);
            if (!result.isKept()) {
                cleanup.keepDirectory();
            }
            if (options.output() == DemoOptions.Output.JSON) {
                lines.println(result.json());
                lines.flush();
            }
        }
        summarise(cluster);
        if (options.keep() == DemoOptions.Ending.KEEP) {
            stayUp(cluster);
        }
        return results.stream().allMatch(RoundResult::isKept);
    }

    /** Waits until the shop is open and all nodes are healthy. */
    static boolean form(DemoCluster cluster, Narrator narrator) throws InterruptedException {
        PrimaryWatch primaries = cluster.primaries();
        cluster.shop().start();
        if (!Await.until(FORMING, () -> primaries.primary().isPresent()) || !openShop(cluster, narrator)) {
            return explainFailure(cluster, narrator, "no primary is open to clients");
        }
        cluster.shop().resume();
        if (!Await.until(FORMING, () -> cluster.book().acknowledgedInRound() > 0)) {
            return explainFailure(cluster, narrator, "no order was acknowledged");
        }
        narrator.say("first order acknowledged");
        if (!Await.until(FORMING, () -> Health.isWhole(cluster.watch().newest()))) {
            return explainFailure(
                    cluster,
                    narrator,
                    cluster.watch()
                            .newest()
                            .map(view -> String.join("; ", Health.problems(view)))
                            .orElse("no answer"));
        }
        narrator.say("all nodes are healthy");
        cluster.nodes()
                .getFirst()
                .addresses()
                .router()
                .ifPresent(router -> narrator.say("through a router, to whichever node is primary: "
                        + cluster.database().psql(router)));
        return true;
    }

    private static boolean openShop(DemoCluster cluster, Narrator narrator) throws InterruptedException {
        long deadline = System.nanoTime() + SCHEMA.toNanos();
        while (deadline - System.nanoTime() > 0) {
            try {
                NodeId primary = cluster.primaries().primary().orElseThrow(() -> new SQLException("no primary"));
                cluster.database()
                        .createSchema(cluster.node(primary).addresses().database());
                return true;
            } catch (SQLException notYet) {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                if (deadline - System.nanoTime() <= 0) {
                    narrator.say("the shop's tables cannot be made: " + notYet.getMessage());
                }
            }
        }
        return false;
    }

    private static boolean explainFailure(DemoCluster cluster, Narrator narrator, String what) {
        narrator.say("NOT FORMED: " + what + " after " + FORMING.toSeconds() + " s at most");
        cluster.watch()
                .newest()
                .ifPresent(view -> view.nodes()
                        .forEach(node -> narrator.plain("            "
                                + node.node() + ": server " + node.server() + ", "
                                + node.doing().orElse("doing nothing known") + " "
                                + node.problemAction().or(node::reason).orElse(""))));
        cluster.nodes().forEach(node -> narrator.plain("            log of " + node.id() + ": " + node.log()));
        return false;
    }

    private void summarise(DemoCluster cluster) {
        if (results.isEmpty()) {
            return;
        }
        narrator.plain("");
        String form = "%-6s %-10s %-10s %12s %6s %6s %8s %10s %10s  %-18s %s";
        narrator.plain(String.format(
                Locale.ROOT,
                form,
                "round",
                "mode",
                "fault",
                "acknowledged",
                "lost",
                "twice",
                "unknown",
                "outage",
                "healed",
                "primary",
                "promise"));
        for (int i = 0; i < results.size(); i++) {
            RoundResult result = results.get(i);
            narrator.plain(String.format(
                    Locale.ROOT,
                    form,
                    i + 1,
                    result.mode(),
                    result.fault(),
                    result.acknowledged(),
                    result.lost(),
                    result.duplicated(),
                    result.unknown(),
                    result.outageMillis().map(millis -> millis + " ms").orElse("-"),
                    result.healMillis().map(millis -> millis + " ms").orElse("never"),
                    result.oldPrimary() + " > " + result.newPrimary(),
                    result.isKept() ? "kept" : "BROKEN"));
        }
        narrator.plain("replicas served " + cluster.shop().reads() + " order histories");
    }

    private void stayUp(DemoCluster cluster) throws InterruptedException {
        narrator.plain("");
        narrator.plain("The cluster stays up until Ctrl-C. In another terminal:");
        for (LocalNode node : cluster.nodes()) {
            String role = cluster.watch()
                    .newest()
                    .flatMap(ClusterView::tenure)
                    .filter(tenure -> tenure.holder().equals(node.id().name()))
                    .map(tenure -> "primary")
                    .orElse("replica");
            narrator.plain("  " + node.id() + " (" + role + ")  agent http://"
                    + node.addresses().api() + "  log " + node.log());
            narrator.plain("    " + cluster.database().psql(node.addresses().database()));
        }
        narrator.plain("  through any node's router, to whichever node is primary:");
        for (LocalNode node : cluster.nodes()) {
            node.addresses()
                    .router()
                    .ifPresent(
                            router -> narrator.plain("    " + cluster.database().psql(router)));
        }
        narrator.plain("  ./understudy status | history | switchover | mode | quarantine list");
        cluster.watch().slowDown();
        new CountDownLatch(1).await();
    }
}
