package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.Quarantined;
import io.understudy.engines.postgres.TestCluster.Shape;
import io.understudy.engines.postgres.TestCluster.TestNode;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import io.understudy.engines.postgres.quarantine.OpenedCopy;
import io.understudy.engines.postgres.quarantine.Rewind;
import io.understudy.guard.SeenProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** With the machine's own PostgreSQL: the embedded one has no {@code pg_rewind}. */
@Tag("installed-postgres")
class RewindingTest {

    private static final int LOST = 500;

    @Test
    void aReturningPrimaryWithATailIsKeptAndThenRewoundAndCanLeadAgain() throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            loseTail(cluster, a, b);
            b.run("insert into t select -generate_series(1, 100)");
            var before = a.incarnation();
            keep(cluster, a);

            a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));

            assertThat(journal(a)).contains("Rewound").doesNotContain("NotRewound");
            assertThat(a.awaitStandby(seen -> seen.boundary().isPresent()).isSealed())
                    .isTrue();
            assertThat(a.incarnation()).isNotEqualTo(before).isNotEqualTo(b.incarnation());
            assertThat(a.engine.observe().lineage()).isEqualTo(cluster.lineage);
            cluster.follow(a, b);
            a.awaitStandby(Server.Standby::streaming);
            cluster.inSync(b, InSyncConfiguration.sync(cluster.members("a")));
            b.run("insert into t values (-1000)");
            assertThat(a.ask("select count(*) || ' ' || max(i) from t")).isEqualTo("102 0");
            assertThat(a.ask("select count(*) from gone")).isEqualTo("1");
            assertThat(Rewind.workingOf(a.data)).doesNotExist();
            assertKept(a);

            b.kill();
            a.engine.act(new Action.Seal(cluster.epoch().next()));
            cluster.promote(a);
            cluster.follow(b, a);
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("b")));
            a.run("insert into t values (-1001)");
            assertThat(a.ask("select count(*) from t")).isEqualTo("103");
        }
    }

    @Test
    void whereTheRewindFailsTheNodeIsCopiedAnew() throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            loseTail(cluster, a, b);
            b.run("alter role \"" + Roles.REWIND + "\" nologin");
            keep(cluster, a);

            a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));

            assertThat(journal(a)).contains("NotRewound").contains("is not permitted to log in");
            cluster.follow(a, b);
            a.awaitStandby(Server.Standby::streaming);
            assertThat(a.ask("select count(*) from t")).isEqualTo("1");
            assertKept(a);
        }
    }

    /** What a killed agent leaves at work, and the wrapper by which it stays there. */
    private enum AtWork {
        COPYING("cp", "mkdir \"$4\"; read -r _ < NEVER", "--reflink=auto"),
        REWINDING("pg_rewind", "read -r _ < NEVER", "--target-pgdata="),
        REHEARSING(
                "postgres",
                "case \"$*\" in *.rewinding*) exec REAL/postgres \"$@\" -c hot_standby=off;; esac;"
                        + " exec REAL/postgres \"$@\"",
                "-D ");

        private final String program;
        private final String script;
        private final String argument;

        AtWork(String program, String script, String argument) {
            this.program = program;
            this.script = script;
            this.argument = argument;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatAKilledAgentLeftAtWorkOnASecondCopyIsEndedBeforeThatIsRemoved(AtWork stage) throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            loseTail(cluster, a, b);
            keep(cluster, a);
            Path copy = Rewind.workingOf(a.data);
            Path bin = binaries(cluster.directory, a.engine.installation().bin(), stage);
            a.engine.close();
            Process agent = KilledAgent.cloning(cluster, a, b, bin);
            try {
                List<SeenProcess> seen = awaitAtWork(stage, copy, agent, cluster.directory);
                agent.destroyForcibly().waitFor();
                // The agent asks the rehearsing server whether it is open; the child that refuses it ends by itself.
                List<SeenProcess> left = seen.stream()
                        .distinct()
                        .filter(process -> !ended(process))
                        .toList();
                assertThat(left).as("left of %s", seen).hasSizeGreaterThan(stage == AtWork.REHEARSING ? 1 : 0);

                a.engine = a.openEngine();

                assertThat(left).allMatch(RewindingTest::ended);
                assertThat(Leftovers.of(copy)).isEmpty();
                assertThat(journal(a)).contains("EndedRewind");
                a.engine.act(new Action.Clone(cluster.epoch(), b.id, b.endpoint, cluster.lineage));
                assertThat(copy).doesNotExist();
                assertThat(copy.resolveSibling(copy.getFileName() + ".log")).doesNotExist();
                cluster.follow(a, b);
                a.awaitStandby(Server.Standby::streaming);
                assertKept(a);
            } finally {
                agent.destroyForcibly().waitFor();
                for (ProcessHandle worker : workers(stage, copy)) {
                    worker.destroyForcibly();
                    worker.onExit().get(5, TimeUnit.SECONDS);
                }
                Leftovers.end(copy);
            }
        }
    }

    /** The installation's programs, all but one themselves. */
    private static Path binaries(Path directory, Path real, AtWork stage) throws Exception {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Path never = directory.resolve("never");
        assertThat(new ProcessBuilder("mkfifo", "-m", "644", never.toString())
                        .start()
                        .waitFor())
                .isZero();
        for (String program : List.of("postgres", "initdb", "pg_rewind")) {
            Files.createSymbolicLink(bin.resolve(program), real.resolve(program));
        }
        Path wrapper = bin.resolve(stage.program);
        Files.deleteIfExists(wrapper);
        Files.writeString(
                wrapper,
                "#!/bin/sh\n" + stage.script.replace("NEVER", never.toString()).replace("REAL", real.toString())
                        + "\n");
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin;
    }

    private static List<SeenProcess> awaitAtWork(AtWork stage, Path copy, Process agent, Path directory)
            throws Exception {
        long deadline = System.nanoTime() + TestCluster.PATIENCE.toNanos();
        while (true) {
            List<SeenProcess> found = new ArrayList<>();
            for (ProcessHandle worker : workers(stage, copy)) {
                SeenProcess.of(worker.pid()).ifPresent(found::add);
            }
            // The rehearsing server has children, which no argument tells of.
            List<SeenProcess> servers = Leftovers.of(copy);
            if (stage == AtWork.REHEARSING ? servers.size() > 2 : !found.isEmpty()) {
                found.addAll(servers);
                return found;
            }
            if (!agent.isAlive() || System.nanoTime() - deadline > 0) {
                throw new AssertionError(
                        "nothing is at work: " + Files.readString(directory.resolve("killed-agent.log")));
            }
            LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
        }
    }

    private static List<ProcessHandle> workers(AtWork stage, Path copy) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(stage.argument) && line.contains(copy.toString()))
                        .isPresent())
                .toList();
    }

    private static boolean ended(SeenProcess process) {
        try {
            return process.ended();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void dataInWhichSomebodyElsePromotedAServerIsNeverRewound() throws Exception {
        try (TestCluster cluster = new TestCluster(installed(), "a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            cluster.inSync(a, InSyncConfiguration.async());
            b.engine.observe();
            b.run("select pg_promote(true, 10)");
            b.kill();
            b.engine.observe();
            a.kill();
            a.engine.act(new Action.StartSealed());
            cluster.promote(a);
            b.engine.act(
                    new Action.Quarantine(cluster.lineage, "promoted by hand", Optional.of(cluster.lastBoundary())));
            assertThat(b.engine.quarantine()).hasSize(1);
            assertThat(b.state.resolve("rewind-candidate")).doesNotExist();
        }
    }

    /** The machine's newest; a machine without one fails here and says what to do. */
    private static Shape installed() throws Exception {
        InstallationSource source = new InstallationSource.Automatic(TestCluster.cache());
        PostgresInstallation found = PostgresInstallation.find(source);
        assertThat(found.tools())
                .as(
                        "found PostgreSQL %s in %s, expected an installed one with pg_rewind:"
                                + " on Debian, apt-get install postgresql",
                        found.version(), found.bin())
                .contains(PostgresInstallation.Tool.REWIND);
        return Shape.USUAL.of(source);
    }

    private static void loseTail(TestCluster cluster, TestNode a, TestNode b) throws Exception {
        cluster.inSync(a, InSyncConfiguration.async());
        a.run(
                "create table t (i int); insert into t values (0); create table gone (i int); insert into gone values (1)");
        b.awaitStandby(seen -> seen.replayed().equals(a.primary().position()));
        b.engine.act(new Action.Seal(cluster.epoch().next()));
        a.run("insert into t select generate_series(1, " + LOST + ")");
        a.run("drop table gone");
        a.run("create table extra as select generate_series(1, 1000) i");
        a.kill();
        cluster.promote(b);
        cluster.inSync(b, InSyncConfiguration.async());
    }

    /** As an agent does: the server starts sealed, the end of its log shows that it left the cluster's. */
    private static void keep(TestCluster cluster, TestNode a) throws Exception {
        a.engine.act(new Action.StartSealed());
        a.awaitStandby(seen -> seen.boundary().isPresent());
        a.engine.act(new Action.Quarantine(cluster.lineage, "holds a tail", Optional.of(cluster.lastBoundary())));
        assertThat(a.engine.observe().data()).isInstanceOf(Data.Empty.class);
        assertThat(a.state.resolve("rewind-candidate")).exists();
    }

    private static void assertKept(TestNode a) throws Exception {
        assertThat(a.state.resolve("rewind-candidate")).doesNotExist();
        Quarantined kept = a.engine.quarantine().getFirst();
        assertThat(kept.receipt().orElseThrow().transactions()).isEqualTo(3);
        try (OpenedCopy opened = a.engine.openQuarantined(kept.id());
                Connection reader = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + opened.port() + "/postgres?sslmode=disable",
                        Roles.SUPERVISOR,
                        a.password(Roles.SUPERVISOR))) {
            assertThat(TestCluster.ask(reader, "select count(*) from t")).isEqualTo(Integer.toString(LOST + 1));
        }
    }

    private static String journal(TestNode node) throws Exception {
        return Files.readString(node.state.resolve("journal"));
    }
}
