package io.understudy.guard;

import static io.understudy.guard.RunningGuard.await;
import static io.understudy.guard.RunningGuard.below;
import static io.understudy.guard.RunningGuard.runs;
import static io.understudy.guard.RunningGuard.signal;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guard as a process, over trees of shells where no database is needed. */
final class GuardTest {
    private static final String TREE = "trap '' TERM INT; sleep 1000 & (sleep 1000 & sleep 1000) & wait; wait; wait";

    private RunningGuard guard;
    private GuardClient client;

    @BeforeEach
    void start() throws IOException {
        guard = new RunningGuard();
        client = guard.client;
    }

    @AfterEach
    void end() throws IOException {
        guard.close();
    }

    private static long in(Duration time) {
        return System.nanoTime() + time.toNanos();
    }

    private long startTree() throws IOException {
        long server = guard.startShell(TREE);
        await("the tree is complete", () -> below(server).size() == 3);
        return server;
    }

    private static boolean sleeps(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(it -> it.info().command())
                .filter(it -> it.endsWith("sleep"))
                .isPresent();
    }

    private void assertRefused(Refusal refusal, org.assertj.core.api.ThrowableAssert.ThrowingCallable request) {
        assertThatThrownBy(request)
                .isInstanceOfSatisfying(
                        GuardRefusedException.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(refusal));
        assertThat(client.connected()).isTrue();
    }

    @Test
    void aServerThatNeverStartedIsReportedAsSuch() throws IOException {
        assertThat(client.status())
                .isEqualTo(new GuardStatus(client.guardPid(), new ServerState.NeverStarted(), null, 0, null));
        assertRefused(Refusal.NO_SERVER, () -> client.signal(ServerSignal.RELOAD));
        client.kill();
    }

    @Test
    void aServerThatReturnsIsReportedWithItsStatusAndCanBeStartedAgain() throws Exception {
        long first = guard.startShell("echo to the log; echo \"$GREETING\" >&2; exit 7");
        assertThat(guard.events.next(GuardEvent.ServerExited.class))
                .isEqualTo(new GuardEvent.ServerExited(first, new ServerExit.Returned(7)));
        assertThat(guard.events.next(GuardEvent.AllGone.class).pid()).isEqualTo(first);
        assertThat(client.status().server()).isEqualTo(new ServerState.Gone(first, new ServerExit.Returned(7)));

        client.start(ServerCommand.of(
                        List.of("/bin/sh", "-c", "echo $GREETING; pwd; cat /proc/self/oom_score_adj"),
                        guard.directory,
                        guard.directory.resolve("log"))
                .withEnvironment(Map.of("GREETING", "hello")));
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(guard.log()).isEqualTo("to the log\n\nhello\n" + guard.directory + "\n0\n");
    }

    @Test
    void theServerIsStartedWithoutTheGuardsFilesSessionOrSignalMask() throws Exception {
        long server = guard.startShell("exec sleep 1000");
        await(
                "the server is what was asked for",
                () -> ProcessHandle.of(server)
                        .flatMap(it -> it.info().command())
                        .filter(it -> it.endsWith("sleep"))
                        .isPresent());
        try (var files = Files.list(Path.of("/proc/" + server + "/fd"))) {
            assertThat(files.map(it -> it.getFileName().toString())).containsExactlyInAnyOrder("0", "1", "2");
        }
        String status = Files.readString(Path.of("/proc/" + server + "/status"));
        assertThat(status).contains("SigBlk:\t0000000000000000");
        assertThat(ignoredSignals(status)).isZero();
        assertThat(session(server)).isEqualTo(server);
        assertThat(session(client.guardPid()))
                .isEqualTo(client.guardPid())
                .isNotEqualTo(session(ProcessHandle.current().pid()));
    }

    /** As a mask of the classic signals; 32 and 33 are the C library's own. */
    private static long ignoredSignals(String status) {
        String mask = status.substring(status.indexOf("SigIgn:") + 7)
                .lines()
                .findFirst()
                .orElseThrow();
        return Long.parseUnsignedLong(mask.strip(), 16) & 0x7fff_ffffL;
    }

    private static long session(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
    }

    @Test
    void killingEndsEveryProcessOfTheTree() throws Exception {
        long server = startTree();
        List<Long> all = below(server);
        client.kill();
        assertThat(guard.events.next(GuardEvent.ServerExited.class).exit()).isEqualTo(new ServerExit.Signalled(9));
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(all).noneMatch(RunningGuard::runs);
        assertThat(below(client.guardPid())).isEmpty();
    }

    @Test
    void aDeadlineThatPassesKillsTheTree() throws Exception {
        startTree();
        long deadline = in(Duration.ofMillis(300));
        client.arm(7, deadline);
        assertThat(client.status().armed()).isEqualTo(new GuardStatus.Arming(7, deadline));

        Fence fence = guard.events.next(GuardEvent.Fenced.class).fence();
        assertThat(System.nanoTime()).isGreaterThan(deadline);
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(below(client.guardPid())).isEmpty();
        assertThat(fence.epoch()).isEqualTo(7);
        assertThat(fence.cause()).isEqualTo(Fence.Cause.DEADLINE);
        assertThat(Duration.ofNanos(fence.killedAfterNanos())).isBetween(Duration.ZERO, Duration.ofMillis(500));
        GuardStatus status = client.status();
        assertThat(status.fences()).isOne();
        assertThat(status.armed()).isNull();
        assertThat(requireNonNull(status.lastFence()).goneAfterNanos()).isPresent();
        assertRefused(Refusal.EPOCH_SPENT, () -> client.extend(7, in(Duration.ofSeconds(3))));
        assertRefused(Refusal.EPOCH_SPENT, () -> client.arm(7, in(Duration.ofSeconds(3))));
        client.arm(8, in(Duration.ofSeconds(3)));
    }

    @Test
    void anExtendedDeadlineDoesNotKillAndADisarmedOneNeverDoes() throws Exception {
        guard.startShell("exec sleep 1000");
        client.arm(1, in(Duration.ofMillis(200)));
        client.extend(1, in(Duration.ofMillis(600)));
        assertThat(guard.events.quietFor(Duration.ofMillis(350))).isTrue();
        client.disarm(1);
        assertThat(guard.events.quietFor(Duration.ofMillis(600))).isTrue();
        assertThat(client.status().server()).isInstanceOf(ServerState.Running.class);
    }

    @Test
    void aShorterDeadlineMustBeAskedFor() throws Exception {
        guard.startShell("exec sleep 1000");
        client.arm(1, in(Duration.ofSeconds(60)));
        assertRefused(Refusal.WOULD_SHORTEN, () -> client.extend(1, in(Duration.ofSeconds(50))));
        assertRefused(Refusal.WOULD_SHORTEN, () -> client.arm(1, in(Duration.ofSeconds(50))));
        client.shorten(1, in(Duration.ofMillis(100)));
        guard.events.next(GuardEvent.Fenced.class);
    }

    @Test
    void anotherEpochsDeadlineIsLeftAlone() throws Exception {
        assertRefused(Refusal.NOT_ARMED, () -> client.extend(5, in(Duration.ofSeconds(60))));
        client.arm(5, in(Duration.ofSeconds(60)));
        assertRefused(Refusal.WRONG_EPOCH, () -> client.arm(4, in(Duration.ofSeconds(60))));
        assertRefused(Refusal.WRONG_EPOCH, () -> client.extend(4, in(Duration.ofSeconds(60))));
        assertRefused(Refusal.WRONG_EPOCH, () -> client.shorten(6, in(Duration.ofSeconds(60))));
        assertRefused(Refusal.WRONG_EPOCH, () -> client.disarm(4));
        assertThat(requireNonNull(client.status().armed()).epoch()).isEqualTo(5);
        client.arm(6, in(Duration.ofSeconds(30)));
        assertThat(requireNonNull(client.status().armed()).epoch()).isEqualTo(6);
        client.disarm(6);
    }

    @Test
    void startingASecondServerIsRefused() throws Exception {
        long server = guard.startShell("exec sleep 1000");
        assertThatThrownBy(() -> guard.startShell("exec sleep 1000"))
                .isInstanceOf(GuardRefusedException.class)
                .hasMessageContaining("pid " + server);
        assertRefused(Refusal.SERVER_RUNNING, () -> client.exit());
    }

    @Test
    void aCommandThatCannotRunIsRefusedWithTheReason() {
        Path log = guard.directory.resolve("log");
        assertRefused(
                Refusal.BAD_COMMAND,
                () -> client.start(ServerCommand.of(List.of("/nowhere/postgres"), guard.directory, log)));
        assertRefused(
                Refusal.BAD_COMMAND,
                () -> client.start(ServerCommand.of(List.of("/bin/sh"), Path.of("/nowhere"), log)));
        assertRefused(
                Refusal.BAD_COMMAND,
                () -> client.start(ServerCommand.of(List.of("/bin/sh"), guard.directory, guard.directory)));
    }

    @Test
    void onlyProcessesOfTheServerCanBeSignalled() throws Exception {
        long server = guard.startShell("sleep 1000 & wait; sleep 1000 & wait");
        // While it is being started other processes come and go below it.
        await("its child is what was asked for", () -> below(server).stream().anyMatch(GuardTest::sleeps));
        long child = below(server).getFirst();
        client.signalChild(child, ChildSignal.TERMINATE);
        await("the child ended", () -> !runs(child));
        for (long foreign : new long[] {
            1,
            0,
            -1,
            Long.MAX_VALUE,
            server,
            child,
            client.guardPid(),
            ProcessHandle.current().pid()
        }) {
            assertRefused(Refusal.NOT_A_DESCENDANT, () -> client.signalChild(foreign, ChildSignal.KILL));
        }
    }

    @Test
    void orphansOfAServerKilledFromOutsideAreKilledBeforeItIsReportedGone() throws Exception {
        long server = startTree();
        List<Long> orphans = below(server);
        signal("KILL", server);
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(orphans).noneMatch(RunningGuard::runs);
        guard.startShell("exec sleep 1000");
    }

    @Test
    void aNewClientAdoptsTheGuardAndItsDeadline() throws Exception {
        long server = guard.startShell("exec sleep 1000");
        long deadline = in(Duration.ofMillis(500));
        client.arm(3, deadline);
        client.close();
        guard.events.next(String.class);
        RecordedEvents events = new RecordedEvents();
        try (GuardClient adopted = guard.launcher.connectOrLaunch(events, RunningGuard.PATIENCE)) {
            assertThat(adopted.status())
                    .isEqualTo(new GuardStatus(
                            client.guardPid(),
                            new ServerState.Running(server),
                            new GuardStatus.Arming(3, deadline),
                            0,
                            null));
            events.next(GuardEvent.Fenced.class);
            events.next(GuardEvent.ServerExited.class);
            events.next(GuardEvent.AllGone.class);
        }
    }

    @Test
    void aGuardWithNothingToDoEnds() throws Exception {
        Path socket = guard.directory.resolve("idle/socket");
        Process idle = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        guard.launcher.classPath(),
                        GuardMain.class.getName(),
                        socket.toString(),
                        "1")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(idle.waitFor()).isEqualTo(GuardMain.ENDED);
        assertThat(socket).doesNotExist();
    }

    @Test
    void endingTheGuardByASignalEndsTheServerFirst() throws Exception {
        long server = startTree();
        List<Long> all = below(server);
        signal("TERM", client.guardPid());
        guard.events.next(GuardEvent.ServerExited.class);
        guard.events.next(GuardEvent.AllGone.class);
        assertThat(all).noneMatch(RunningGuard::runs);
        await("the guard ended", () -> !runs(client.guardPid()));
    }

    @Test
    void theServersFirstProcessDoesNotOutliveTheGuard() throws Exception {
        long server = guard.startShell("exec sleep 1000");
        await(
                "the server is what was asked for",
                () -> ProcessHandle.of(server)
                        .flatMap(it -> it.info().command())
                        .filter(it -> it.endsWith("sleep"))
                        .isPresent());
        signal("KILL", client.guardPid());
        await("the guard ended", () -> !runs(client.guardPid()));
        await("the server ended", () -> !runs(server));
    }
}
