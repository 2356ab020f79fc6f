package io.understudy.engines.postgres;

import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.SkippedTimelines;
import io.understudy.guard.GuardStatus;
import io.understudy.guard.ServerCommand;
import io.understudy.guard.ServerSignal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Starting and ending the server. */
final class Processes {

    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(3);
    private static final long POLL_MILLIS = 5;

    /** The line of {@code postmaster.pid} that tells how far the server is. */
    private static final int LOCK_FILE_STATUS = 8;

    private static final Set<String> LETTING_IN = Set.of("ready", "standby");
    private static final Duration CHECK_AGAIN = Duration.ofSeconds(1);
    private static final Duration START_AGAIN = Duration.ofSeconds(10);

    private final Node node;
    private Optional<Problem> problem = Optional.empty();
    private long checkedNanos;

    Processes(Node node) {
        this.node = node;
    }

    /**
     * Why the server cannot be started.
     *
     * @param atNanos when a start showed it
     * @param least how long nobody tries again, though nothing that can be looked at speaks against it any more
     */
    private record Problem(String text, long atNanos, Duration least) {}

    /**
     * Why the server cannot be started, as far as the last start showed; empty once that is over, so that it is tried again.
     */
    Optional<String> problem() throws IOException {
        long now = System.nanoTime();
        if (problem.isPresent() && now - checkedNanos >= CHECK_AGAIN.toNanos()) {
            checkedNanos = now;
            checkAgain(problem.get(), now);
        }
        return problem.map(Problem::text);
    }

    private void checkAgain(Problem found, long now) throws IOException {
        if (!Files.isDirectory(node.data())) {
            problem = Optional.empty();
            return;
        }
        try {
            checkPlace();
        } catch (EngineException still) {
            return;
        }
        Optional<String> full = DiskSpace.shortage(node.data());
        if (full.isPresent()) {
            problem = Optional.of(new Problem(full.get(), now, Duration.ZERO));
        } else if (now - found.atNanos() >= found.least().toNanos()) {
            problem = Optional.empty();
        }
    }

    /** Starts the server on {@code live} and waits a while for it to answer; one that recovers for longer is left to it. */
    void start(LiveSettings live) throws IOException, EngineException, InterruptedException {
        endLeftovers();
        node.guard.disarm();
        Path data = node.data();
        checkPlace();
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        SkippedTimelines.clearBeforeStart(data, ControlFile.read(data).timeline());
        node.files.prepareStart(data, live);
        node.live = live;
        node.stopping = false;
        node.log.markStart();
        node.guard.start(new ServerCommand(
                List.of(node.installation.program("postgres").toString(), "-D", data.toString()),
                data,
                node.log.file(),
                node.user.switched() ? node.user.name() : null,
                Map.of("LC_ALL", "C", "TZ", "UTC")));
        awaitAnswer();
    }

    /** Reads the include file again; every process of the server does, each in its time. */
    void reload(LiveSettings live) throws IOException {
        node.files.writeLive(node.data(), live);
        node.live = live;
        node.guard.signal(ServerSignal.RELOAD);
    }

    /** Ends every process: by the guard, or, when that does not answer, from here. */
    void kill() throws IOException, InterruptedException {
        node.link.close();
        try {
            node.guard.kill();
        } catch (IOException guardHangs) {
            Leftovers.end(node.data());
            throw guardHangs;
        }
        endLeftovers();
    }

    /** Ends what works in the data directory without being the guard's; it was started by somebody else. */
    boolean endLeftovers() throws IOException, InterruptedException {
        if (!node.guard.status().server().absent() || !Leftovers.end(node.data())) {
            return false;
        }
        node.journal.noted(
                "EndedForeignServer",
                node.state.promised(),
                "a server of this data that the guard did not start was killed");
        return true;
    }

    void clearProblem() {
        problem = Optional.empty();
    }

    private void checkPlace() throws IOException, EngineException {
        Optional<Path> closed = node.user.closedOn(node.data());
        if (closed.isPresent()) {
            throw fail(
                    "The data directory " + node.data() + " cannot be reached by user '" + node.user.name() + "': "
                            + closed.get() + " is closed to it. Move the data, or open that directory (chmod o+x).",
                    Duration.ZERO);
        }
        Optional<Path> closedProgram = node.user.closedOn(node.installation.program("postgres"));
        if (closedProgram.isPresent()) {
            throw fail(
                    "PostgreSQL in " + node.installation.bin() + " cannot be reached by user '" + node.user.name()
                            + "': " + closedProgram.get() + " is closed to it. Choose another place for the binaries.",
                    Duration.ZERO);
        }
        checkPort();
    }

    private void checkPort() throws EngineException {
        InetSocketAddress address = new InetSocketAddress(
                node.settings.endpoint().host(), node.settings.endpoint().port());
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
        } catch (IOException taken) {
            throw fail(
                    "Port " + node.settings.endpoint() + " cannot be listened on: " + taken.getMessage()
                            + ". Expected it to be free for this node's server. End what listens there, or configure another port.",
                    Duration.ZERO);
        }
    }

    private void awaitAnswer() throws IOException, EngineException, InterruptedException {
        long deadline = System.nanoTime() + ANSWER_PATIENCE.toNanos();
        node.link.close();
        while (System.nanoTime() - deadline < 0) {
            GuardStatus status = node.guard.status();
            if (status.server().absent()) {
                throw fail(
                        "The server ended while starting: "
                                + node.log.complaint().orElse("it gave no reason") + ". See " + node.log.file()
                                + "."
                                + DiskSpace.shortage(node.data())
                                        .map(full -> " " + full)
                                        .orElse(""),
                        START_AGAIN);
            }
            if (letsSessionsIn(status) && answers()) {
                problem = Optional.empty();
                return;
            }
            // Nothing announces that a server begins to listen.
            Thread.sleep(POLL_MILLIS);
        }
    }

    /**
     * Whether the first process of the server says so in its lock file, as {@code pg_ctl} reads it: asking costs nothing,
     * while every session that is refused costs the machine more than a millisecond of the start.
     */
    private boolean letsSessionsIn(GuardStatus status) {
        try {
            List<String> lines = Files.readAllLines(node.data().resolve("postmaster.pid"));
            return lines.size() >= LOCK_FILE_STATUS
                    && node.guard
                            .runningPid(status)
                            .equals(Optional.of(Long.parseLong(lines.getFirst().strip())))
                    && LETTING_IN.contains(lines.get(LOCK_FILE_STATUS - 1).strip());
        } catch (IOException | NumberFormatException notWrittenYet) {
            return false;
        }
    }

    private boolean answers() {
        try {
            node.link.glance();
            return true;
        } catch (SQLException notYet) {
            return false;
        }
    }

    private EngineException fail(String why, Duration least) {
        problem = Optional.of(new Problem(why, System.nanoTime(), least));
        return new EngineException(why);
    }
}
