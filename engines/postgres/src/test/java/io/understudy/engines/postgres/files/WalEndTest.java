package io.understudy.engines.postgres.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class WalEndTest {

    private static final String EIGHT_ROWS = "insert into t select g from generate_series(1, 8) g";

    @Test
    void theEndAfterAKillIsWhereTheSealedServerStopsReplaying() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            server.execute("create table t(x int)");
            fillAndSwitch(server);
            server.execute("insert into t select g from generate_series(1, 20000) g");
            server.kill();

            WalEnd end = WalEnd.find(server.data());

            assertThat(end.records()).isGreaterThan(20_000);
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end.position());
        }
    }

    @Test
    void oneRecordAcrossPagesAndSegmentsIsFollowedToItsEnd() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            server.execute("select pg_logical_emit_message(false, 'big', repeat('x', 40000000))");
            server.execute("create table t(x int)");
            server.kill();

            WalEnd end = WalEnd.find(server.data());

            ControlFile control = ControlFile.read(server.data());
            assertThat(end.position().bytesSince(control.redo())).isGreaterThan(40_000_000);
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end.position());
        }
    }

    @Test
    void recycledSegmentsDoNotCountAsLog() throws Exception {
        try (RealServer server = RealServer.initialised()) {
            server.set("wal_keep_size", "0").set("min_wal_size", "160MB").start();
            server.execute("create table t(x int)");
            for (int i = 0; i < 4; i++) {
                server.execute("insert into t select g from generate_series(1, 300000) g");
                server.execute("checkpoint");
            }
            server.execute(EIGHT_ROWS);
            server.kill();

            WalEnd end = WalEnd.find(server.data());

            assertThat(end.reason()).isNotBlank();
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end.position());
        }
    }

    @Test
    void aDamagedLastRecordEndsTheLogBeforeIt() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            server.execute("create table t(x int)");
            server.execute(EIGHT_ROWS);
            Position before = lastMessage(server, 3000);
            server.kill();
            Position intact = WalEnd.find(server.data()).position();
            overwrite(server, new Position(intact.value() - 16), 8);

            WalEnd end = WalEnd.find(server.data());

            assertThat(end.position()).isEqualTo(before);
            assertThat(end.reason()).contains("checksum");
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end.position());
        }
    }

    @Test
    void aRecordThatWasGivenUpIsStretchedOverAsTheServerDoes() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            server.execute("create table t(x int)");
            Position from = ControlFile.read(server.data()).redo();
            Position before = lastMessage(server, 100_000);
            server.kill();
            overwrite(server, new Position(before.value() + 50_000), 20_000);
            assertThat(WalEnd.find(server.data()).position()).isEqualTo(before);
            server.start().execute(EIGHT_ROWS);
            server.kill();

            WalEnd end = WalEnd.find(server.data(), TimelineId.FIRST, from);

            assertThat(end.position()).isGreaterThan(new Position(before.value() + 40_000));
            assertThat(end)
                    .extracting(WalEnd::position)
                    .isEqualTo(WalEnd.find(server.data()).position());
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end.position());
        }
    }

    @Test
    void theWalkCrossesATimelineSwitch() throws Exception {
        try (RealServer server = RealServer.initialised().asStandby("").start()) {
            Position from = ControlFile.read(server.data()).redo();
            server.promote();
            server.execute("create table t(x int)");
            server.kill();

            WalEnd end = WalEnd.find(server.data(), new TimelineId(2), from);

            assertThat(end.timeline()).isEqualTo(new TimelineId(2));
            assertThat(WalEnd.find(server.data(), TimelineId.FIRST, from).position())
                    .isLessThanOrEqualTo(TimelineHistory.read(server.data(), new TimelineId(2))
                            .endOf(TimelineId.FIRST)
                            .orElseThrow());
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end.position());
        }
    }

    @Test
    void theEndOfAStopInOrderIsBehindTheShutdownCheckpoint() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            server.execute("create table t(x int)");
            server.stop();

            ControlFile control = ControlFile.read(server.data());
            Position end = control.cleanStopEnd(server.data()).orElseThrow();

            assertThat(end).isEqualTo(WalEnd.find(server.data()).position()).isGreaterThan(control.checkpoint());
            assertThat(server.asStandby("").start().replayEnd()).isEqualTo(end);
        }
    }

    @Test
    void aStartThatIsNoRecordIsAnError() throws Exception {
        try (RealServer server = RealServer.initialised()) {
            Position redo = ControlFile.read(server.data()).redo();
            assertThatThrownBy(() -> WalEnd.find(server.data(), TimelineId.FIRST, new Position(redo.value() + 8)))
                    .isInstanceOf(DataDirectoryException.class)
                    .hasMessageContaining("No log at")
                    .hasMessageContaining("clone");
        }
    }

    private static void fillAndSwitch(RealServer server) throws Exception {
        server.execute("insert into t select g from generate_series(1, 1000) g");
        server.execute("select pg_switch_wal()");
        server.execute("insert into t select g from generate_series(1, 10) g");
    }

    /** Appends one record of about this size that is flushed, as the last one; returns where the log ended before. */
    private static Position lastMessage(RealServer server, int bytes) throws Exception {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("checkpoint");
            statement.execute("select pg_switch_wal()");
            Position before = server.position("pg_current_wal_insert_lsn()");
            statement.execute("select pg_logical_emit_message(false, 'm', repeat('y', " + bytes + "), true)");
            return normalised(before);
        }
    }

    /** At the start of a page the server gives the place behind the header. */
    private static Position normalised(Position insert) {
        long offset = insert.value() % 8192;
        return offset == 24 || offset == 40 ? new Position(insert.value() - offset) : insert;
    }

    private static void overwrite(RealServer server, Position at, int bytes) throws IOException {
        ControlFile control = ControlFile.read(server.data());
        Path file = server.data()
                .resolve("pg_wal")
                .resolve("%08X%08X%08X"
                        .formatted(1, at.value() >>> 32, (at.value() & 0xffff_ffffL) / control.segmentBytes()));
        try (RandomAccessFile wal = new RandomAccessFile(file.toFile(), "rw")) {
            wal.seek(at.value() % control.segmentBytes());
            wal.write(new byte[bytes]);
        }
    }
}
