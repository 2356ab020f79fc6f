package io.understudy.engines.postgres.quarantine;

import static io.understudy.engines.postgres.files.RealServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Receipt;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.RealServer;
import io.understudy.engines.postgres.files.WalEnd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class OpenedCopyTest {

    private static final int LOST = 25;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final OpenedCopy.Login LOGIN = (host, port) ->
            DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/postgres?user=postgres");

    @Test
    void theReceiptCountsExactlyWhatOnlyTheOldPrimaryCommitted() throws Exception {
        try (RealServer primary = RealServer.initialised();
                RealServer replica = primary.copy()) {
            Path folder = Path.of(primary.data() + ".quarantine");
            Boundary fork = loseRows(primary, replica);
            primary.kill();
            QuarantineStore store = QuarantineStore.at(folder, Long.MAX_VALUE, InstantSource.system());
            KeptCopy kept = store.keep(primary.data(), new Divergence("lost a failover", new Epoch(4), fork));
            Position end = WalEnd.find(kept.data()).position();
            try (OpenedCopy opened = open(store, kept)) {
                Receipt receipt = opened.measure();

                assertThat(receipt).isEqualTo(new Receipt(new Epoch(4), LOST + 1, fork.position(), end));
                assertThat(receipt.bytes()).isPositive();
                assertThat(count(opened, "select count(*) from t where x > 0")).isEqualTo(LOST + 1);
                assertRefusesWrites(opened);
                assertThatThrownBy(() -> open(store, kept))
                        .isInstanceOf(EngineException.class)
                        .hasMessageContaining("open already");
                assertThatThrownBy(() -> store.drop(kept.id())).hasMessageContaining("is used by");
            }
            assertThat(DataUsers.of(kept.data())).isEmpty();
            try (OpenedCopy again = open(store, kept)) {
                assertThat(again.measure().transactions()).isEqualTo(LOST + 1);
            }
            QuarantineStore.deleteTree(folder);
        }
    }

    @Test
    void dataStoppedInOrderWithNothingOfItsOwnMeasuresZeroAndUnknownForksAreRefused() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            Path folder = Path.of(server.data() + ".quarantine");
            server.execute("create table t(x int)");
            long next = Long.parseLong(server.query("select pg_snapshot_xmax(pg_current_snapshot())::text"));
            Position at = server.position("pg_current_wal_insert_lsn()");
            server.stop();
            QuarantineStore store = QuarantineStore.at(folder, Long.MAX_VALUE, InstantSource.system());
            KeptCopy kept =
                    store.keep(server.data(), new Divergence("x", new Epoch(1), new Boundary(at, next, List.of())));
            try (OpenedCopy opened = open(store, kept)) {
                assertThat(opened.measure().transactions()).isZero();
            }
            Files.move(kept.data(), server.data());
            store.drop(kept.id());
            KeptCopy stranger = store.keep(server.data(), new Divergence("a stranger", new Epoch(1), null));
            try (OpenedCopy opened = open(store, stranger)) {
                assertThatThrownBy(opened::measure).hasMessageContaining("not known where");
            }
            QuarantineStore.deleteTree(folder);
        }
    }

    @Test
    void idsBeyondThirtyTwoBitsAreCounted() throws Exception {
        try (RealServer server = RealServer.initialised()) {
            Path folder = Path.of(server.data() + ".quarantine");
            raiseTransactionIds(server.data());
            server.start();
            server.execute("create table t(x int)");
            long next = Long.parseLong(server.query("select pg_snapshot_xmax(pg_current_snapshot())::text"));
            assertThat(next).isGreaterThan(3L << 32);
            Position at = server.position("pg_current_wal_insert_lsn()");
            server.execute("insert into t values (1)");
            server.kill();
            QuarantineStore store = QuarantineStore.at(folder, Long.MAX_VALUE, InstantSource.system());
            KeptCopy kept =
                    store.keep(server.data(), new Divergence("x", new Epoch(1), new Boundary(at, next, List.of())));
            try (OpenedCopy opened = open(store, kept)) {
                assertThat(opened.measure().transactions()).isEqualTo(1);
            }
            QuarantineStore.deleteTree(folder);
        }
    }

    /**
     * Sets the upper half of the next id in version 18's control file, where a clean start takes it from, and in the
     * checkpoint's record, where recovery does.
     */
    private static void raiseTransactionIds(Path data) throws Exception {
        Path file = data.resolve("global/pg_control");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
        bytes.putInt(68, 3);
        bytes.putInt(292, checksum(bytes.slice(0, 292)));
        Files.write(file, bytes.array());
        ControlFile control = ControlFile.read(data);
        assertThat(control.nextTransactionId()).isGreaterThan(3L << 32);

        long segment = control.checkpoint().value() / control.segmentBytes();
        Path log = data.resolve("pg_wal/0000000100000000%08X".formatted(segment));
        ByteBuffer wal = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.nativeOrder());
        int start = (int) (control.checkpoint().value() % control.segmentBytes());
        int length = wal.getInt(start);
        wal.putInt(start + 24 + 2 + 24 + 4, 3);
        wal.putInt(start + 20, checksum(wal.slice(start + 24, length - 24), wal.slice(start, 20)));
        Files.write(log, wal.array());
    }

    private static int checksum(ByteBuffer... parts) {
        CRC32C checksum = new CRC32C();
        for (ByteBuffer part : parts) {
            checksum.update(part);
        }
        return (int) checksum.getValue();
    }

    /** The replica is cut off; then the primary alone commits {@link #LOST} rows and one begun before, and aborts one. */
    private static Boundary loseRows(RealServer primary, RealServer replica) throws Exception {
        primary.start().execute("create table t(x int)");
        replica.asStandby(primary.conninfo()).start();
        try (Connection early = primary.connect();
                Connection aborted = primary.connect();
                Connection open = primary.connect()) {
            begin(early, 1000);
            begin(aborted, 2000);
            primary.execute("insert into t values (0)");
            await(
                    "the replica to have the row",
                    () -> replica.query("select count(*) from t where x = 0").equals("1"));
            Boundary fork = sealed(replica);
            for (int i = 1; i <= LOST; i++) {
                primary.execute("insert into t values (" + i + ")");
            }
            begin(open, 3000);
            early.commit();
            aborted.rollback();
            primary.execute("begin; insert into t values (4000); rollback");
            return fork;
        }
    }

    private static Boundary sealed(RealServer replica) throws Exception {
        replica.execute("alter system set primary_conninfo = ''");
        replica.execute("select pg_reload_conf()");
        await(
                "the receiver to be gone",
                () -> replica.query("select count(*) from pg_stat_wal_receiver").equals("0"));
        Position position = replica.replayEnd();
        assertThat(replica.query("select count(*) from pg_snapshot_xip(pg_current_snapshot())"))
                .as("a replica's snapshot does not list open transactions, so their states must be asked for")
                .isEqualTo("0");
        long next = Long.parseLong(replica.query("select pg_snapshot_xmax(pg_current_snapshot())::text"));
        String open = replica.query("""
                select coalesce(string_agg(id::text, ','), '')
                from pg_current_snapshot() s,
                     generate_series(pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint - 1) id
                where pg_xact_status(id::text::xid8) = 'in progress'""");
        List<Long> ids = Arrays.stream(open.split(",", -1)).map(Long::valueOf).toList();
        assertThat(ids).hasSize(2);
        return new Boundary(position, next, ids);
    }

    private static void begin(Connection connection, int row) throws Exception {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("insert into t values (" + row + ")");
        }
    }

    private static OpenedCopy open(QuarantineStore store, KeptCopy kept) throws Exception {
        return OpenedCopy.open(
                store,
                kept.id(),
                RealServer.binaries(),
                PlainKeptServer.starter(RealServer.asServerUser()),
                LOGIN,
                PATIENCE);
    }

    private static int count(OpenedCopy opened, String sql) throws Exception {
        try (Connection connection = LOGIN.connect(OpenedCopy.HOST, opened.port());
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static void assertRefusesWrites(OpenedCopy opened) throws Exception {
        try (Connection connection = LOGIN.connect(OpenedCopy.HOST, opened.port());
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("set transaction_read_only = off; insert into t values (9)"))
                    .hasMessageContaining("recovery");
        }
    }
}
