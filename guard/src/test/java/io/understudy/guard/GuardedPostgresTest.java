package io.understudy.guard;

import static io.understudy.guard.RunningGuard.await;
import static io.understudy.guard.RunningGuard.below;
import static io.understudy.guard.RunningGuard.signal;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guard over a real PostgreSQL with clients that write. */
final class GuardedPostgresTest {
    private static final int WRITERS = 4;
    private static final Duration LEASE = Duration.ofSeconds(1);

    /** What a test allows on top of a deadline on a busy machine: the guard's reaction and the noticing of it. */
    private static final Duration REACTION = Duration.ofMillis(500);

    private static TestServer server;

    private RunningGuard guard;
    private ExecutorService threads;

    @BeforeAll
    static void unpack() throws IOException {
        server = new TestServer();
    }

    @AfterAll
    static void removeBinaries() throws IOException {
        server.close();
    }

    @BeforeEach
    void startServer() throws Exception {
        guard = new RunningGuard();
        threads = Executors.newCachedThreadPool();
        server.initialise(guard);
        guard.client.start(server.command(guard));
        server.awaitReady();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table rows (writer int, number int)");
        }
    }

    @AfterEach
    void endServer() throws Exception {
        threads.shutdownNow();
        if (guard.client.connected()) {
            guard.client.kill();
            await("the server is gone", () -> RunningGuard.state(guard.client).absent());
        }
        TestServer.removeSegment(guard);
        guard.close();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    /** What one writer was told. */
    private record Written(int acknowledged, long lastAcknowledgedNanos) {}

    private List<Future<Written>> startWriters() throws InterruptedException {
        CountDownLatch writing = new CountDownLatch(WRITERS);
        List<Future<Written>> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            writers.add(threads.submit(() -> writeUntilCutOff(writer, writing)));
        }
        assertThat(writing.await(20, TimeUnit.SECONDS)).isTrue();
        return writers;
    }

    private static Written writeUntilCutOff(int writer, CountDownLatch writing) throws SQLException {
        int acknowledged = 0;
        long last = System.nanoTime();
        try (Connection connection = server.connect();
                PreparedStatement insert = connection.prepareStatement("insert into rows values (?, ?)")) {
            while (true) {
                insert.setInt(1, writer);
                insert.setInt(2, acknowledged);
                insert.executeUpdate();
                last = System.nanoTime();
                acknowledged++;
                writing.countDown();
            }
        } catch (SQLException cutOff) {
            return new Written(acknowledged, last);
        }
    }

    private Future<?> holdInsertOpen() {
        Future<?> insert = threads.submit(() -> {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement()) {
                return statement.executeUpdate(
                        "insert into rows select -1, n from generate_series(1, 400) n, lateral pg_sleep(0.01 + 0 * n)");
            }
        });
        awaitActive("insert into rows select%");
        return insert;
    }

    /** A backend that computes never waits for anything, so it does not notice by itself that its postmaster died. */
    private void keepOneBackendBusy() {
        threads.submit(() -> {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement()) {
                return statement.execute("do $$ begin for i in 1..1000000000 loop null; end loop; end $$");
            }
        });
        awaitActive("do %");
    }

    private static void awaitActive(String query) {
        await(query + " runs", () -> {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement();
                    ResultSet active = statement.executeQuery(
                            "select 1 from pg_stat_activity where state = 'active' and query like '" + query + "'")) {
                return active.next();
            } catch (SQLException failed) {
                throw new AssertionError(failed);
            }
        });
    }

    @Test
    void nothingIsAcknowledgedOnceTheServerIsFencedAndNoProcessOfItIsLeft() throws Exception {
        Future<?> heldOpen = holdInsertOpen();
        List<Future<Written>> writers = startWriters();
        long deadline = System.nanoTime() + LEASE.toNanos();
        guard.client.arm(1, deadline);

        Fence fence = guard.events.next(GuardEvent.Fenced.class).fence();
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(TestServer.processesIn(guard)).isEmpty();
        assertThat(below(guard.client.guardPid())).isEmpty();
        assertThat(Duration.ofNanos(fence.killedAfterNanos())).isBetween(Duration.ZERO, REACTION);

        assertThatThrownBy(() -> heldOpen.get(20, TimeUnit.SECONDS)).hasRootCauseInstanceOf(IOException.class);
        int acknowledged = 0;
        for (Future<Written> writer : writers) {
            Written written = writer.get(20, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(written.lastAcknowledgedNanos() - deadline))
                    .isLessThan(REACTION);
            acknowledged += written.acknowledged();
        }
        guard.client.start(server.command(guard));
        server.awaitReady();
        assertThat(count("writer >= 0")).isBetween(acknowledged, acknowledged + WRITERS);
        assertThat(count("writer < 0")).isZero();
    }

    private static int count(String condition) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from rows where " + condition)) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Test
    void aLeaseHolderThatStandsStillLosesItsServerInTime() throws Exception {
        keepOneBackendBusy();
        List<Future<Written>> writers = startWriters();
        Process holder = LeaseHolder.start(guard);
        try {
            assertThat(guard.events.quietFor(LEASE.multipliedBy(2))).isTrue();
            signal("STOP", holder.pid());
            long stopped = System.nanoTime();
            guard.events.next(GuardEvent.Fenced.class);
            guard.events.next(GuardEvent.ServerExited.class);
            guard.events.next(GuardEvent.AllGone.class);
            assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(LEASE.plus(REACTION));
            assertThat(TestServer.processesIn(guard)).isEmpty();
            for (Future<Written> writer : writers) {
                Written written = writer.get(20, TimeUnit.SECONDS);
                assertThat(Duration.ofNanos(written.lastAcknowledgedNanos() - stopped))
                        .isLessThan(LEASE.plus(REACTION));
            }
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    @Test
    void aKilledLeaseHolderLeavesTheDeadlineToItsSuccessor() throws Exception {
        Process holder = LeaseHolder.start(guard);
        holder.destroyForcibly().waitFor();
        try (GuardClient successor =
                GuardClient.connect(guard.launcher.socket(), GuardListener.ignoring(), RunningGuard.PATIENCE)) {
            GuardStatus.Arming armed = requireNonNull(successor.status().armed());
            successor.extend(1, armed.deadlineNanos() + Duration.ofSeconds(1).toNanos());
            assertThat(successor.status().server()).isInstanceOf(ServerState.Running.class);
        }
        guard.events.next(GuardEvent.Fenced.class);
    }

    @Test
    void aPostmasterKilledFromOutsideTakesItsBackendsWithItAndCanBeStartedAtOnce() throws Exception {
        keepOneBackendBusy();
        List<Future<Written>> writers = startWriters();
        ServerState.Running running =
                (ServerState.Running) guard.client.status().server();
        signal("KILL", running.pid());
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(TestServer.processesIn(guard)).isEmpty();
        guard.client.start(server.command(guard));
        server.awaitReady();
        int acknowledged = 0;
        for (Future<Written> writer : writers) {
            acknowledged += writer.get(20, TimeUnit.SECONDS).acknowledged();
        }
        assertThat(count("true")).isBetween(acknowledged, acknowledged + WRITERS);
    }

    @Test
    void aPostmasterThatIsItselfStoppedIsKilledWithEverythingBelowIt() throws Exception {
        List<Future<Written>> writers = startWriters();
        signal("STOP", ((ServerState.Running) guard.client.status().server()).pid());
        guard.client.kill();
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(TestServer.processesIn(guard)).isEmpty();
        for (Future<Written> writer : writers) {
            writer.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void backendsThatOutliveAKilledGuardAreFoundAndKilled() throws Exception {
        keepOneBackendBusy();
        List<Future<Written>> writers = startWriters();
        signal("KILL", guard.client.guardPid());
        StrayServer.kill(TestServer.data(guard), RunningGuard.PATIENCE);
        assertThat(TestServer.processesIn(guard)).isEmpty();
        for (Future<Written> writer : writers) {
            writer.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aFastStopEndsInOrder() throws Exception {
        guard.client.signal(ServerSignal.FAST_STOP);
        assertThat(guard.events.next(GuardEvent.ServerExited.class).exit()).isEqualTo(new ServerExit.Returned(0));
        guard.events.next(GuardEvent.AllGone.class);
        guard.client.start(server.command(guard));
        server.awaitReady();
    }

    @Test
    void theGuardStaysSmall() throws Exception {
        guard.client.arm(1, System.nanoTime() + Duration.ofMinutes(1).toNanos());
        String memory = Files.readString(Path.of("/proc/" + guard.client.guardPid() + "/smaps_rollup"));
        long kibibytes = memory.lines()
                .filter(line -> line.startsWith("Pss:"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
        assertThat(kibibytes).isLessThan(40 * 1024);
        guard.client.disarm(1);
    }
}
