package io.understudy.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.agent.api.ClusterView;
import io.understudy.agent.api.ClusterView.TenureView;
import io.understudy.agent.api.NodeView;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.Health;
import io.understudy.cli.local.LocalDirectory;
import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Narrator;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A demonstration's cluster of three nodes in semi-sync with its shop open, for tests that spoil its day. */
public final class Stage implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final LocalDirectory directory;
    private final DemoCluster cluster;
    private final StringWriter told = new StringWriter();

    /** Done once the cluster is laid out and before any agent starts. */
    public interface Preparation {
        void prepare(Stage stage) throws Exception;
    }

    private Stage(Path parent) throws Exception {
        // The servers run as another user when the build runs as root.
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
        directory = LocalDirectory.make(Optional.of(parent.resolve("demo")));
        DemoOptions options = new DemoOptions(
                ReplicationMode.SEMI_SYNC,
                3,
                Fault.NONE,
                1,
                DemoOptions.Ending.STOP,
                Optional.of(directory.root()),
                DemoOptions.Output.TEXT);
        cluster = DemoCluster.layOut(options, directory, narrator());
    }

    /** A cluster below {@code parent} whose nodes are all healthy and whose shop trades. */
    public static Stage form(Path parent) throws Exception {
        return form(parent, stage -> {});
    }

    /** The same, prepared. */
    public static Stage form(Path parent, Preparation preparation) throws Exception {
        Stage stage = new Stage(parent);
        try {
            preparation.prepare(stage);
            stage.cluster.start();
            assertThat(Demo.form(stage.cluster, stage.narrator()))
                    .as(stage.told.toString())
                    .isTrue();
            return stage;
        } catch (Exception | AssertionError failed) {
            stage.close();
            throw failed;
        }
    }

    private Narrator narrator() {
        return new Narrator(new PrintWriter(told, true));
    }

    public List<String> nodes() {
        return cluster.nodes().stream().map(node -> node.id().name()).toList();
    }

    /** All but {@code nodes}. */
    public List<String> others(String... nodes) {
        return nodes().stream().filter(node -> !List.of(nodes).contains(node)).toList();
    }

    /** Where {@code node} keeps everything. */
    public Path home(String node) {
        return directory.node(node);
    }

    /** A program of the servers' PostgreSQL, run as whoever owns {@code data}. */
    public List<String> postgres(Path data, String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        Object owner = Files.getAttribute(data, "unix:uid");
        if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
            command.addAll(List.of(
                    "setpriv",
                    "--reuid=" + owner,
                    "--regid=" + Files.getAttribute(data, "unix:gid"),
                    "--clear-groups",
                    "--reset-env",
                    "--"));
        }
        command.add(Path.of(Files.readAllLines(data.resolve("postmaster.opts"))
                        .getFirst()
                        .split(" ", 2)[0])
                .resolveSibling(program)
                .toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** A connection of the shop's to {@code node}. */
    public Connection connect(String node) throws SQLException {
        return cluster.database().connect(node(node).addresses().database(), "bad-day");
    }

    /** A connection of the shop's through the router of {@code node}. */
    public Connection connectThroughRouter(String node) throws SQLException {
        return connect(node(node).addresses().router().orElseThrow());
    }

    /** Where the database of {@code node} listens. */
    public Endpoint database(String node) {
        return node(node).addresses().database();
    }

    /** Where the agent of {@code node} answers. */
    public Endpoint api(String node) {
        return node(node).addresses().api();
    }

    /** What every node's passwords are derived from. */
    public Path secret() {
        return directory.secret();
    }

    public void killServer(String node) throws IOException {
        node(node).killServer();
    }

    public void killAgent(String node) throws IOException {
        node(node).killAgent();
    }

    public void killEverything(String node) throws IOException {
        node(node).killEverything();
    }

    public void startAgent(String node) throws IOException {
        node(node).start();
    }

    /** A connection of the shop's to a server that none of the nodes supervises. */
    public Connection connect(Endpoint where) throws SQLException {
        return cluster.database().connect(where, "bad-day");
    }

    /** A connection to a router's own database, as the role that owns the shop's. */
    public Connection operate(Endpoint router) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + router + "/understudy?sslmode=disable&gssEncMode=disable",
                "shop",
                cluster.database().password());
    }

    /**
     * What a command of an operator's printed, both streams together.
     *
     * @param status its exit status
     */
    public record Said(int status, String text) {}

    /** Runs the program as an operator does, in a process of its own, asking {@code node}. */
    public Said understudy(String node, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.understudy.cli.Understudy"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("UNDERSTUDY_API", node(node).addresses().api().toString());
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }

    /** Whether database processes of {@code node} are there. */
    public boolean serverRuns(String node) throws IOException {
        return !node(node).processes().servers().isEmpty();
    }

    /** The tenure as last told by a Raft leader. */
    public TenureView tenure() {
        return cluster.watch().newest().flatMap(ClusterView::tenure).orElseThrow();
    }

    /** Whether the running tenure is the one that {@code before} was, and open. */
    public boolean isStill(TenureView before) {
        TenureView now = tenure();
        return now.epoch() == before.epoch()
                && now.holder().equals(before.holder())
                && now.phase().equals("open");
    }

    public void requireSamePrimary(TenureView before) {
        assertThat(isStill(before))
                .as("the primary is still that of %s, found %s; %s", before, tenure(), told)
                .isTrue();
    }

    /** Who leads the Raft group, if a Raft leader answered just now. */
    public Optional<String> raftLeader() {
        return cluster.watch().newest(FRESH).flatMap(ClusterView::raftLeader);
    }

    /** What the newest view says of {@code node}, if a Raft leader answered just now. */
    public Optional<NodeView> view(String node) {
        return cluster.watch().newest(FRESH).stream()
                .flatMap(view -> view.nodes().stream())
                .filter(view -> view.node().equals(node))
                .findFirst();
    }

    /** Waits until a later tenure than {@code epoch} is open. */
    public TenureView awaitOpenAfter(long epoch) throws InterruptedException {
        await(
                "a tenure after epoch " + epoch + " opens",
                () -> tenure().epoch() > epoch && tenure().phase().equals("open"));
        return tenure();
    }

    /** Waits until every writer of the shop was answered, all from now on. */
    public void awaitOrders() throws InterruptedException {
        long now = System.nanoTime();
        await("every writer is answered", () -> cluster.book().writersAnsweredSince(now) == Shop.WRITERS);
    }

    /** Waits until every node is healthy and every writer was answered. */
    public void awaitWhole() throws InterruptedException {
        await(
                "every node is healthy",
                () -> cluster.watch()
                        .newest(FRESH)
                        .filter(view -> Health.problems(view).isEmpty())
                        .isPresent());
        awaitOrders();
    }

    /** Waits until the cluster has noticed that a node is not well; a view from before would still call it healthy. */
    public void awaitLoss() throws InterruptedException {
        await(
                "the loss of a node is noticed",
                () -> cluster.watch()
                        .newest(FRESH)
                        .filter(view -> !Health.problems(view).isEmpty())
                        .isPresent());
    }

    /** Waits for {@code condition}; fails with all that the cluster told. */
    public void await(String what, BooleanSupplier condition) throws InterruptedException {
        if (!Await.until(PATIENCE, condition)) {
            throw new AssertionError("Expected within " + PATIENCE.toSeconds() + " s: " + what + "; found "
                    + cluster.watch()
                            .newest()
                            .map(view -> view.tenure() + " " + Health.problems(view) + " " + view.nodes())
                            .orElse("no answer")
                    + "\n" + told + "\n" + FailureLogs.keep(directory.root()));
        }
    }

    /** Fails as soon as {@code condition} does not hold, looking for as long as {@code time}. */
    public void holdsFor(Duration time, String what, BooleanSupplier condition) throws InterruptedException {
        if (Await.until(time, () -> !condition.getAsBoolean())) {
            throw new AssertionError("Expected for " + time.toSeconds() + " s: " + what + "\n" + told);
        }
    }

    /** Reads every order back while the shop rests; the shop trades again afterwards. */
    public void requireNothingLost() throws InterruptedException, SQLException {
        cluster.shop().pause();
        OrderBook.Verdict verdict = cluster.book()
                .compare(cluster.database()
                        .readBack(node(tenure().holder()).addresses().database()));
        cluster.shop().resume();
        assertThat(verdict.acknowledged()).as(told.toString()).isPositive();
        assertThat(verdict.lost()).as(told.toString()).isEmpty();
        assertThat(verdict.duplicated()).as(told.toString()).isEmpty();
        assertThat(verdict.neverSent()).as(told.toString()).isEmpty();
    }

    private LocalNode node(String name) {
        return cluster.node(new NodeId(name));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        cluster.end();
    }
}
