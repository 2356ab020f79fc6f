package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Run once for each version whose protocol differs. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class BaseBackupTest {
    /** Slow enough to do something in the middle, as the data is some 40 MiB. */
    private static final int SLOW_KIB = 8 << 10;

    private static final long MIDDLE_BYTES = 4 << 20;

    private Binaries binaries;
    private Path base;
    private TestServer primary;
    private Path target;

    abstract Binaries unpack() throws Exception;

    @BeforeAll
    void startPrimary() throws Exception {
        binaries = unpack();
        base = TestServer.directory("understudy-clone-test-");
        primary = TestServer.initialised(binaries, base.resolve("primary")).start();
        primary.execute(
                "create table orders (id bigint primary key, text text)",
                "insert into orders select n, repeat(md5(n::text), 10) from generate_series(1, 20000) n");
    }

    @AfterAll
    void stopPrimary() throws Exception {
        primary.close();
        Binaries.delete(base);
        binaries.close();
    }

    @BeforeEach
    void chooseTarget() {
        target = base.resolve("replica");
    }

    @AfterEach
    void removeTarget() throws Exception {
        BaseBackup.removePartial(target);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Binaries.delete(target);
        }
    }

    private BaseBackup backup() throws Exception {
        return BaseBackup.from(primary.source()).ownedBy(FileOwner.like(base));
    }

    @Test
    void aCloneTakenUnderWriteLoadStreamsAsAStandbyAndEndsUpEqual() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger written = new AtomicInteger();
        CompletableFuture<Void> load = CompletableFuture.runAsync(() -> write(stop, written));
        try (ReplicationConnection connection = ReplicationConnection.open(primary.source())) {
            connection.createPhysicalSlot("standby");
        }
        Eventually.equal(true, () -> written.get() > 0);
        int before = written.get();
        ClonedData clone = backup().labelled("it's a test").into(target);
        assertThat(written.get()).as("rows written during the clone").isGreaterThan(before);
        assertThat(clone.end()).isGreaterThan(clone.start());
        assertThat(clone.directory()).isEqualTo(target.toAbsolutePath());
        Files.createFile(target.resolve("standby.signal"));
        try (TestServer standby = TestServer.existing(binaries, target)) {
            standby.configure(
                    "primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'".formatted(primary.port()),
                    "primary_slot_name = 'standby'",
                    "hot_standby = on");
            standby.start();
            Eventually.equal("streaming", () -> standby.query("select status from pg_stat_wal_receiver"));
            stop.set(true);
            load.get();
            String digest = "select count(*) || ' ' || md5(string_agg(id || text, ',' order by id)) from orders";
            String expected = primary.query(digest);
            Eventually.equal(expected, () -> standby.query(digest));
            assertThat(standby.query("select count(*) > 0 from orders where id > 1000000"))
                    .isEqualTo("t");
        } finally {
            stop.set(true);
            load.get();
        }
        try (ReplicationConnection connection = ReplicationConnection.open(primary.source())) {
            connection.dropSlot("standby");
        }
    }

    private void write(AtomicBoolean stop, AtomicInteger written) {
        try (Connection connection = primary.connect();
                PreparedStatement insert = connection.prepareStatement("insert into orders values (?, 'under load')")) {
            for (long id = 1_000_001; !stop.get(); id++) {
                insert.setLong(1, id);
                insert.executeUpdate();
                written.incrementAndGet();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCloneCanBeStartedWithoutItsSourceBecauseItHoldsItsLog() throws Exception {
        backup().into(target);
        try (TestServer copy = TestServer.existing(binaries, target)) {
            copy.start();
            assertThat(copy.query("select count(*) >= 20000 from orders")).isEqualTo("t");
        }
    }

    @Test
    void aCloneOfAStandbyDoesNotTakeOverThatItIsOne() throws Exception {
        backup().into(target);
        Files.createFile(target.resolve("standby.signal"));
        Path second = base.resolve("second");
        try (TestServer standby = TestServer.existing(binaries, target)) {
            standby.configure("primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'".formatted(primary.port()));
            standby.start();
            Eventually.equal("streaming", () -> standby.query("select status from pg_stat_wal_receiver"));
            BaseBackup.from(standby.source()).ownedBy(FileOwner.like(base)).into(second);
            assertThat(second.resolve("standby.signal")).doesNotExist();
            assertThat(second.resolve("backup_label")).content().contains("BACKUP FROM: standby");
        } finally {
            BaseBackup.removePartial(second);
            Binaries.delete(second);
        }
    }

    @Test
    void theLogOfTheBackupIsKeptHoweverMuchIsWrittenMeanwhile() throws Exception {
        backup().reportingTo(inTheMiddle(() -> {
                    for (int i = 0; i < 4; i++) {
                        primary.execute(
                                "create table filler ()", "drop table filler", "select pg_switch_wal()", "checkpoint");
                    }
                }))
                .into(target);
        try (TestServer copy = TestServer.existing(binaries, target)) {
            copy.start();
            assertThat(copy.query("select count(*) >= 20000 from orders")).isEqualTo("t");
        }
    }

    @Test
    void filesKeepTheirModesAndHaveTheWantedOwner() throws Exception {
        backup().into(target);
        String owner = Files.getOwner(base).getName();
        try (Stream<Path> paths = Files.walk(target)) {
            assertThat(paths).hasSizeGreaterThan(500).allSatisfy(path -> {
                String expected = Files.isDirectory(path) ? "rwx------" : "rw-------";
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo(expected);
                assertThat(Files.getOwner(path).getName()).isEqualTo(owner);
            });
        }
        assertThat(target.resolve("backup_label")).exists();
        assertThat(target.resolve("PG_VERSION")).exists();
        assertThat(target.resolve("postmaster.pid")).doesNotExist();
        assertThat(target.resolve("standby.signal")).doesNotExist();
        assertThat(target.resolve("recovery.signal")).doesNotExist();
        assertThat(BaseBackup.partialOf(target)).doesNotExist();
    }

    @Test
    void progressNeverGoesBackAndEndsAtAll() throws Exception {
        RecordedProgress progress = new RecordedProgress();
        ClonedData clone = backup().reportingTo(progress).into(target);
        assertThat(progress.steps).containsExactly("connected", "started", "syncing");
        assertThat(progress.copied)
                .isSorted()
                .hasSizeGreaterThan(10)
                .startsWith(0L)
                .endsWith(clone.copiedBytes());
        assertThat(progress.estimated).isSorted().allMatch(bytes -> bytes > 10_000_000);
        assertThat(progress.copied.getLast()).isLessThanOrEqualTo(progress.estimated.getLast());
    }

    @Test
    void aServerKilledInTheMiddleLeavesARecognisablePartAndTheNextCloneSucceeds() throws Exception {
        CloneListener killer = inTheMiddle(primary::crash);
        ReplicationException failure = failure(backup().limitedTo(SLOW_KIB).reportingTo(killer));
        assertThat(failure.kind()).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(failure).hasMessageContaining("127.0.0.1:" + primary.port());
        assertThat(target).doesNotExist();
        assertThat(BaseBackup.partialOf(target)).isNotEmptyDirectory();

        primary.start();
        backup().into(target);
        assertThat(target.resolve("global").resolve("pg_control")).exists();
        assertThat(BaseBackup.partialOf(target)).doesNotExist();
    }

    @Test
    void aServerThatFallsSilentIsGivenUp() throws Exception {
        AtomicReference<Long> sender = new AtomicReference<>(0L);
        CloneListener freezer = inTheMiddle(() -> {
            sender.set(Long.parseLong(
                    primary.query("select pid from pg_stat_replication where application_name = 'frozen'")));
            TestServer.signal("STOP", sender.get());
        });
        try {
            ReplicationException failure = failure(BaseBackup.from(primary.source()
                            .withApplicationName("frozen")
                            .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(1)))
                    .limitedTo(SLOW_KIB)
                    .reportingTo(freezer));
            assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
            assertThat(failure).hasMessageContaining("PT1S");
        } finally {
            TestServer.signal("CONT", sender.get());
        }
    }

    @Test
    void anInterruptedCloneEndsAndLeavesTheTargetAlone() throws Exception {
        Thread cloning = Thread.currentThread();
        ReplicationException failure =
                failure(backup().limitedTo(SLOW_KIB).reportingTo(inTheMiddle(cloning::interrupt)));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(failure.kind()).isEqualTo(Kind.INTERRUPTED);
        assertThat(target).doesNotExist();
        assertThat(BaseBackup.partialOf(target)).exists();
    }

    @Test
    void nothingThatExistsIsOverwritten() throws Exception {
        Files.createDirectory(target);
        Path precious = Files.writeString(target.resolve("precious"), "keep me");
        ReplicationException failure = failure(backup());
        assertThat(failure.kind()).isEqualTo(Kind.TARGET);
        assertThat(failure).hasMessageContaining("not empty").hasMessageContaining("precious");
        assertThat(precious).hasContent("keep me");
    }

    @Test
    void aTargetFilledWhileTheCloneRunsIsNotOverwritten() throws Exception {
        ReplicationException failure = failure(backup().reportingTo(inTheMiddle(() -> {
            Files.createDirectory(target);
            Files.writeString(target.resolve("precious"), "keep me");
        })));
        assertThat(failure.kind()).isEqualTo(Kind.TARGET);
        assertThat(target.resolve("precious")).hasContent("keep me");
    }

    @Test
    void anEmptyTargetIsTaken() throws Exception {
        Files.createDirectory(target);
        backup().into(target);
        assertThat(target.resolve("PG_VERSION")).exists();
    }

    @Test
    void anotherClusterOrVersionIsRefused() throws Exception {
        SystemIdentity identity;
        try (ReplicationConnection connection = ReplicationConnection.open(primary.source())) {
            identity = connection.identifySystem();
        }
        backup().expecting(ExpectedSource.cluster(identity.systemIdentifier(), identity.majorVersion()))
                .into(target);
        Binaries.delete(target);

        ReplicationException cluster =
                failure(backup().expecting(ExpectedSource.cluster("42", identity.majorVersion())));
        assertThat(cluster.kind()).isEqualTo(Kind.WRONG_SOURCE);
        assertThat(cluster).hasMessageContaining("expected 42").hasMessageContaining(identity.systemIdentifier());
        ReplicationException version = failure(backup().expecting(ExpectedSource.version(13)));
        assertThat(version.kind()).isEqualTo(Kind.WRONG_SOURCE);
        assertThat(version).hasMessageContaining("expected 13").hasMessageContaining(identity.serverVersion());
        assertThat(BaseBackup.partialOf(target)).doesNotExist();
    }

    @Test
    void dataInAnotherTablespaceIsRefused() throws Exception {
        Path elsewhere = TestServer.directory("understudy-tablespace-");
        primary.execute("create tablespace elsewhere location '" + elsewhere + "'");
        try {
            ReplicationException failure = failure(backup());
            assertThat(failure.kind()).isEqualTo(Kind.UNSUPPORTED);
            assertThat(failure).hasMessageContaining(elsewhere.toString());
        } finally {
            primary.execute("drop tablespace elsewhere");
            Binaries.delete(elsewhere);
        }
    }

    @Test
    void aCloneLeavesNoSlotBehind() throws Exception {
        backup().into(target);
        Eventually.equal("0", () -> primary.query("select count(*) from pg_replication_slots"));
    }

    private ReplicationException failure(BaseBackup backup) {
        return Objects.requireNonNull(
                catchThrowableOfType(ReplicationException.class, () -> backup.into(target)), "the clone succeeded");
    }

    private interface Fault {
        void strike() throws Exception;
    }

    private static CloneListener inTheMiddle(Fault fault) {
        return new CloneListener() {
            private boolean struck;

            @Override
            public void copied(long copiedBytes, long estimatedBytes) {
                if (struck || copiedBytes < MIDDLE_BYTES) {
                    return;
                }
                struck = true;
                try {
                    fault.strike();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }
}
