package io.understudy.engines.postgres;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.MonotonicTime;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.guard.GuardClient;
import io.understudy.guard.GuardLauncher;
import io.understudy.guard.GuardListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Real servers, each under its own guard, and a ledger kept in the test's head. */
final class TestCluster implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Map<String, String> SMALL = Map.of(
            "shared_buffers",
            "16MB",
            "max_connections",
            "40",
            "autovacuum",
            "off",
            "min_wal_size",
            "32MB",
            "jit",
            "off");
    private static final Path CACHE = cache();
    private static final Path SEGMENTS = Path.of("/proc/sysvipc/shm");

    /** Of {@code postmaster.pid}: the segment's key and id. */
    private static final int SEGMENT_LINE = 6;

    final Path directory;
    final List<NodeId> ids;
    final Map<NodeId, TestNode> nodes = new LinkedHashMap<>();
    final List<TimelineStart> lineage = new ArrayList<>(List.of(TimelineStart.GENESIS));
    private long change;
    private Optional<Tenure> lastTenure = Optional.empty();

    /** What the servers of a cluster are made of and told. */
    record Shape(InstallationSource source, Map<String, String> parameters, List<String> bootstrapSql) {
        static final Shape USUAL = new Shape(
                embedded(), SMALL, List.of("create role app login password 'app'", "create database app owner app"));

        Shape of(InstallationSource other) {
            return new Shape(other, parameters, bootstrapSql);
        }

        Shape with(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(parameters);
            more.put(name, value);
            return new Shape(source, more, bootstrapSql);
        }

        Shape bootstrapping(List<String> statements) {
            return new Shape(source, parameters, statements);
        }
    }

    TestCluster(String... names) {
        this(Shape.USUAL, names);
    }

    TestCluster(Shape shape, String... names) {
        ids = Arrays.stream(names).map(NodeId::new).toList();
        try {
            directory = Files.createTempDirectory("understudy-engine-");
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(directory.resolve("secret"), "a secret only this test knows");
            for (NodeId id : ids) {
                nodes.put(id, new TestNode(id, shape));
            }
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    static InstallationSource embedded() {
        return new InstallationSource.Embedded(CACHE);
    }

    TestNode node(String name) {
        return node(new NodeId(name));
    }

    private TestNode node(NodeId id) {
        return java.util.Objects.requireNonNull(nodes.get(id), id.name());
    }

    Epoch epoch() {
        return lineage.getLast().epoch();
    }

    /** The first node initialised and promoted, the others cloned from it and streaming. */
    TestCluster formed() throws Exception {
        TestNode first = node(ids.getFirst());
        first.engine.act(new Action.Initialise());
        first.engine.act(new Action.StartSealed());
        promote(first);
        first.engine.observe();
        for (NodeId id : ids.subList(1, ids.size())) {
            TestNode replica = node(id);
            replica.engine.act(new Action.Clone(epoch(), first.id, first.endpoint, lineage));
            follow(replica, first);
        }
        for (NodeId id : ids.subList(1, ids.size())) {
            node(id).awaitStandby(Server.Standby::streaming);
        }
        return this;
    }

    /** A Grant on the sealed node's own boundary, and its promotion. */
    Tenure promote(TestNode node) throws Exception {
        Tenure tenure = grant(node);
        node.engine.act(new Action.Promote(tenure, lineage));
        return tenure;
    }

    Tenure grant(TestNode node) throws Exception {
        return grant(node, lineage.getLast().timeline().next());
    }

    Tenure grant(TestNode node, TimelineId timeline) throws Exception {
        Server.Standby sealed = node.awaitStandby(standby -> standby.boundary().isPresent());
        Boundary boundary = sealed.boundary().orElseThrow();
        Epoch next = epoch().next();
        Tenure tenure = new Tenure(next, node.member(), timeline, boundary, Phase.GRANTED);
        lastTenure = Optional.of(tenure);
        lineage.add(tenure.start());
        node.engine.extendLease(next, new MonotonicTime(System.nanoTime()).plus(LEASE));
        return tenure;
    }

    void follow(TestNode replica, TestNode primary) throws Exception {
        follow(replica, primary, ReplicationMode.SEMI_SYNC);
    }

    /** As an agent does: a server that is down is started sealed first, so that the end of its log is known. */
    void follow(TestNode replica, TestNode primary, ReplicationMode mode) throws Exception {
        if (replica.engine.observe().server() instanceof Server.Gone) {
            replica.engine.act(new Action.StartSealed());
            replica.awaitStandby(seen -> seen.position().isPresent());
        }
        replica.engine.act(new Action.Follow(epoch(), primary.id, primary.endpoint, lineage, mode));
    }

    Boundary lastBoundary() {
        return lastTenure().boundary();
    }

    Tenure lastTenure() {
        return lastTenure.orElseThrow();
    }

    /** The whole change, every step. */
    void inSync(TestNode primary, InSyncConfiguration configuration) throws Exception {
        change++;
        primary.engine.act(new Action.HoldConfirmations(change));
        primary.engine.act(new Action.SetInSync(change, configuration));
        confirmMarker(primary, configuration);
    }

    /** Turn after turn, as an agent takes the step until the marker is confirmed. */
    private void confirmMarker(TestNode primary, InSyncConfiguration configuration) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                primary.engine.act(new Action.ConfirmMarker(change, configuration));
                return;
            } catch (EngineException notYet) {
                if (System.nanoTime() - deadline > 0) {
                    throw notYet;
                }
            }
        }
    }

    List<Member> members(String... names) {
        return Arrays.stream(names).map(this::node).map(TestNode::member).toList();
    }

    @Override
    public void close() throws Exception {
        for (TestNode node : nodes.values()) {
            node.end();
        }
        removeSegments();
        Trees.delete(directory);
    }

    /** A killed server leaves its System V segment behind; there is a limit to how many a machine may have. */
    private void removeSegments() throws IOException, InterruptedException {
        List<Path> pidFiles;
        try (Stream<Path> all = Files.walk(directory)) {
            pidFiles = all.filter(file -> file.endsWith("postmaster.pid")).toList();
        }
        for (Path pidFile : pidFiles) {
            List<String> lines = Files.readAllLines(pidFile);
            String[] keyAndId = lines.size() > SEGMENT_LINE
                    ? lines.get(SEGMENT_LINE).strip().split("\\s+", -1)
                    : new String[0];
            if (keyAndId.length == 2
                    && isLeftBehind(keyAndId[1], lines.getFirst().strip())) {
                new ProcessBuilder("ipcrm", "-m", keyAndId[1])
                        .inheritIO()
                        .start()
                        .waitFor();
            }
        }
    }

    private static boolean isLeftBehind(String segment, String maker) throws IOException {
        return Files.readAllLines(SEGMENTS).stream()
                .map(line -> line.strip().split("\\s+", -1))
                .anyMatch(fields -> fields[1].equals(segment) && fields[4].equals(maker) && fields[6].equals("0"));
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static Path cache() {
        try {
            Path made = Files.createTempDirectory("understudy-binaries-");
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    Trees.delete(made);
                } catch (IOException left) {
                    throw new IllegalStateException(left);
                }
            }));
            return made;
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** One node: engine, guard, server. */
    final class TestNode {
        final NodeId id;
        final Endpoint endpoint;
        final Path data;
        final Path state;
        final PostgresSettings settings;
        final GuardLauncher launcher;
        PostgresEngine engine;

        private TestNode(NodeId id, Shape shape) throws IOException {
            this.id = id;
            this.endpoint = new Endpoint("127.0.0.1", freePort());
            Path home = Files.createDirectory(directory.resolve(id.name()));
            this.data = home.resolve("data");
            this.state = home.resolve("state");
            this.settings = PostgresSettings.builder(
                            id, ids, endpoint, data, state, directory.resolve("secret"), shape.source())
                    .parameters(shape.parameters())
                    .bootstrapSql(shape.bootstrapSql())
                    .build();
            this.launcher = GuardLauncher.likeThisProcess(
                    directory.resolve(id.name() + ".guard").resolve("s"), directory.resolve(id.name() + ".guard.log"));
            this.engine = openEngine();
        }

        PostgresEngine openEngine() {
            try {
                return PostgresEngine.open(settings, launcher);
            } catch (IOException failed) {
                throw new IllegalStateException(failed);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(interrupted);
            }
        }

        Member member() {
            return new Member(id, incarnation());
        }

        Incarnation incarnation() {
            return ((Data.Ours) engine.observe().data()).incarnation();
        }

        Server server() {
            return engine.observe().server();
        }

        Server.Primary primary() {
            return (Server.Primary) server();
        }

        Server.Standby awaitStandby(Predicate<Server.Standby> wanted) {
            return (Server.Standby) await(
                            seen -> seen.server() instanceof Server.Standby standby && wanted.test(standby))
                    .server();
        }

        Server.Gone awaitGone() {
            return (Server.Gone)
                    await(seen -> seen.server() instanceof Server.Gone).server();
        }

        LocalObservation await(Predicate<LocalObservation> wanted) {
            return await(wanted, PATIENCE);
        }

        LocalObservation await(Predicate<LocalObservation> wanted, Duration patience) {
            long deadline = System.nanoTime() + patience.toNanos();
            LocalObservation seen = engine.observe();
            while (!wanted.test(seen)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new AssertionError(id + " was never as expected; last seen " + seen + "; log: " + log());
                }
                Thread.onSpinWait();
                java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(2).toNanos());
                seen = engine.observe();
            }
            return seen;
        }

        Connection session() throws SQLException {
            Properties properties = new Properties();
            properties.setProperty("user", Roles.SUPERVISOR);
            properties.setProperty("password", password(Roles.SUPERVISOR));
            properties.setProperty("sslmode", "disable");
            return DriverManager.getConnection("jdbc:postgresql://" + endpoint + "/postgres", properties);
        }

        /** Gives up on an answer after a while; a wait for confirmation is ended by no timeout of the server's. */
        Connection impatientSession() throws SQLException {
            Connection session = session();
            session.setNetworkTimeout(Runnable::run, 1500);
            return session;
        }

        String password(String login) {
            try {
                return Roles.fromSecret(settings.clusterSecret()).passwordOf(login);
            } catch (IOException failed) {
                throw new IllegalStateException(failed);
            }
        }

        String ask(String sql) throws SQLException {
            try (Connection session = session()) {
                return TestCluster.ask(session, sql);
            }
        }

        void run(String sql) throws SQLException {
            try (Connection session = session();
                    Statement statement = session.createStatement()) {
                statement.execute(sql);
            }
        }

        long postmaster() {
            try {
                return Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid"))
                        .getFirst()
                        .strip());
            } catch (IOException gone) {
                throw new IllegalStateException(gone);
            }
        }

        String log() {
            try {
                List<String> lines = Files.readAllLines(state.resolve("server.log"));
                return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
            } catch (IOException none) {
                return "none";
            }
        }

        /** The machine's crash, as far as this node's database goes. */
        void kill() throws EngineException, InterruptedException {
            engine.act(new Action.KillServer());
        }

        private void end() throws Exception {
            engine.close();
            try (GuardClient guard =
                    GuardClient.connect(launcher.socket(), GuardListener.ignoring(), Duration.ofSeconds(5))) {
                long guardPid = guard.guardPid();
                guard.kill();
                long deadline = System.nanoTime() + PATIENCE.toNanos();
                while (!guard.status().server().absent() && System.nanoTime() - deadline < 0) {
                    java.util.concurrent.locks.LockSupport.parkNanos(
                            Duration.ofMillis(2).toNanos());
                }
                guard.exit();
                Optional<ProcessHandle> process = ProcessHandle.of(guardPid);
                if (process.isPresent()) {
                    process.get().onExit().get(5, java.util.concurrent.TimeUnit.SECONDS);
                }
            }
            Leftovers.end(data);
        }
    }

    static String ask(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }
}
