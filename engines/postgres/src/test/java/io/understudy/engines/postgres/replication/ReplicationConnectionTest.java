package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import io.understudy.engines.postgres.replication.TimelineHistory.Ancestor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@TestInstance(Lifecycle.PER_CLASS)
class ReplicationConnectionTest {
    private Binaries binaries;
    private Path base;
    private TestServer server;

    @BeforeAll
    void startServer() throws Exception {
        binaries = Binaries.newest();
        base = TestServer.directory("understudy-replication-test-");
        server = TestServer.initialised(binaries, base.resolve("data"));
        server.admit("host replication scram 127.0.0.1/32 scram-sha-256");
        server.admit("host postgres prober 127.0.0.1/32 scram-sha-256");
        server.admit("host replication digest 127.0.0.1/32 md5");
        server.admit("host replication clear 127.0.0.1/32 password");
        server.admit("host replication unwanted 127.0.0.1/32 reject");
        server.start();
        server.execute(
                "create role prober login password 'right'",
                "create role scram replication login password 'right, with = and \u00e9'",
                "set password_encryption = 'md5'; create role digest replication login password 'right'",
                "create role clear replication login password 'right'",
                "create role unwanted replication login");
    }

    @AfterAll
    void stopServer() throws Exception {
        server.close();
        Binaries.delete(base);
        binaries.close();
    }

    private ReplicationSource as(String user) {
        return ReplicationSource.of("127.0.0.1", server.port(), user);
    }

    @Test
    void aServerSaysWhoItIs() throws Exception {
        try (ReplicationConnection connection = ReplicationConnection.open(server.source())) {
            SystemIdentity identity = connection.identifySystem();
            assertThat(identity.systemIdentifier())
                    .isEqualTo(server.query("select system_identifier from pg_control_system()"));
            assertThat(identity.majorVersion()).isEqualTo(18);
            assertThat(identity.serverVersion()).startsWith("18.");
            assertThat(identity.flushed().value()).isPositive();
        }
    }

    @Test
    void thePasswordIsProvedWithScramAndNeverSent() throws Exception {
        ReplicationSource source = as("scram").withPassword(Password.of("right, with = and \u00e9"));
        try (ReplicationConnection connection = ReplicationConnection.open(source)) {
            assertThat(connection.identifySystem().timeline()).isPositive();
        }
        assertThat(source.toString()).doesNotContain("right");
    }

    @Test
    void aWrongOrMissingPasswordIsNamedAsTheReason() {
        ReplicationException wrong = refused(as("scram").withPassword(Password.of("wrong")));
        assertThat(wrong.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(wrong.sqlState()).contains("28P01");
        assertThat(wrong).hasMessageContaining("'scram'").hasMessageContaining("127.0.0.1:" + server.port());
        assertThat(wrong.toString()).doesNotContain("wrong");
        ReplicationException missing = refused(as("scram"));
        assertThat(missing.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(missing).hasMessageContaining("none is configured");
    }

    @Test
    void methodsThatWouldGiveThePasswordAwayAreRefused() {
        ReplicationException digest = refused(as("digest").withPassword(Password.of("right")));
        assertThat(digest.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(digest).hasMessageContaining("MD5").hasMessageContaining("scram-sha-256");
        ReplicationException clear = refused(as("clear").withPassword(Password.of("right")));
        assertThat(clear.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(clear).hasMessageContaining("clear text").hasMessageContaining("scram-sha-256");
    }

    @Test
    void aProbeTellsWhetherASessionIsLetIn() throws Exception {
        LoginProbe probe =
                new LoginProbe(as("prober").withPassword(Password.of("right")), Map.of("database", "postgres"));
        probe.once();
        probe.once();
        server.execute("alter role prober password 'right'");
        probe.once();
        server.execute("alter role prober password 'wrong'");
        assertThat(catchThrowableOfType(ReplicationException.class, probe::once).sqlState())
                .contains("28P01");
        server.execute("alter role prober password 'right' connection limit 0");
        assertThat(catchThrowableOfType(ReplicationException.class, probe::once).sqlState())
                .contains("53300");
        server.execute("alter role prober connection limit -1");
        probe.once();
    }

    @Test
    void whomTheServerDoesNotAdmitHearsItsReason() {
        ReplicationException unwanted = refused(as("unwanted"));
        assertThat(unwanted.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(unwanted.sqlState()).contains("28000");
        assertThat(unwanted).hasMessageContaining("pg_hba.conf");
    }

    @Test
    void slotsAreCreatedAndDroppedAndARefusalLeavesTheConnectionUsable() throws Exception {
        try (ReplicationConnection connection = ReplicationConnection.open(server.source())) {
            connection.createPhysicalSlot("node_b");
            assertThat(server.query(
                            "select restart_lsn is not null from pg_replication_slots where slot_name = 'node_b'"))
                    .isEqualTo("t");
            ReplicationException twice = Objects.requireNonNull(
                    catchThrowableOfType(ReplicationException.class, () -> connection.createPhysicalSlot("node_b")));
            assertThat(twice.kind()).isEqualTo(Kind.REFUSED);
            assertThat(twice.sqlState()).contains("42710");
            connection.dropSlot("node_b");
            ReplicationException gone = Objects.requireNonNull(
                    catchThrowableOfType(ReplicationException.class, () -> connection.dropSlot("node_b")));
            assertThat(gone.sqlState()).contains("42704");
            assertThatIllegalArgumentException().isThrownBy(() -> connection.createPhysicalSlot("b\"; DROP"));
        }
        assertThat(server.query("select count(*) from pg_replication_slots")).isEqualTo("0");
    }

    @Test
    void aPromotedCopyTellsWhereItsTimelineBegan() throws Exception {
        Path data = base.resolve("promoted");
        ClonedData clone =
                BaseBackup.from(server.source()).ownedBy(FileOwner.like(base)).into(data);
        Files.createFile(data.resolve("standby.signal"));
        try (TestServer copy = TestServer.existing(binaries, data).start()) {
            copy.execute("select pg_promote()");
            try (ReplicationConnection connection = ReplicationConnection.open(copy.source())) {
                assertThat(connection.identifySystem().timeline()).isEqualTo(2);
                TimelineHistory history = connection.timelineHistory(2);
                assertThat(history.ancestors()).extracting(Ancestor::timeline).containsExactly(1);
                assertThat(history.ancestors().getFirst().end()).isGreaterThanOrEqualTo(clone.end());
                assertThat(connection.timelineHistory(1).ancestors()).isEmpty();
                ReplicationException unknown = Objects.requireNonNull(
                        catchThrowableOfType(ReplicationException.class, () -> connection.timelineHistory(7)));
                assertThat(unknown.sqlState()).contains("58P01");
            }
        }
    }

    private static ReplicationException refused(ReplicationSource source) {
        return Objects.requireNonNull(
                catchThrowableOfType(
                        ReplicationException.class,
                        () -> ReplicationConnection.open(source).close()),
                "the server let us in");
    }
}
