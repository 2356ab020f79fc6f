package io.understudy.engines.postgres;

import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.SkippedTimelines;
import io.understudy.guard.ServerCommand;
import io.understudy.guard.ServerSignal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starting and ending the server. */
final class Processes {

    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(3);
    private static final long POLL_MILLIS = 2;

    private final Node node;
    private Optional<String> problem = Optional.empty();

    Processes(Node node) {
        this.node = node;
    }

    /** Why the server cannot be started, as far as the last start showed. */
    Optional<String> problem() {
        return problem;
    }

    /** Starts the server on {@code live} and waits a while for it to answer; one that recovers for longer is left to it. */
    void start(LiveSettings live) throws IOException, EngineException, InterruptedException {
        endLeftovers();
        node.guard.disarm();
        Path data = node.data();
        checkPlace();
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
            throw fail("The data directory " + node.data() + " cannot be reached by user '" + node.user.name() + "': "
                    + closed.get() + " is closed to it. Move the data, or open that directory (chmod o+x).");
        }
        Optional<Path> closedProgram = node.user.closedOn(node.installation.program("postgres"));
        if (closedProgram.isPresent()) {
            throw fail("PostgreSQL in " + node.installation.bin() + " cannot be reached by user '" + node.user.name()
                    + "': " + closedProgram.get() + " is closed to it. Choose another place for the binaries.");
        }
        Files.setPosixFilePermissions(
                node.data(), java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
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
                            + ". Expected it to be free for this node's server. End what listens there, or configure another port.");
        }
    }

    private void awaitAnswer() throws IOException, EngineException, InterruptedException {
        long deadline = System.nanoTime() + ANSWER_PATIENCE.toNanos();
        node.link.close();
        while (System.nanoTime() - deadline < 0) {
            try {
                node.link.glance();
                problem = Optional.empty();
                return;
            } catch (SQLException notYet) {
                if (node.guard.status().server().absent()) {
                    throw fail("The server ended while starting: "
                            + node.log.complaint().orElse("it gave no reason") + ". See " + node.log.file() + ".");
                }
                // Nothing announces that a server begins to listen.
                Thread.sleep(POLL_MILLIS);
            }
        }
    }

    private EngineException fail(String why) {
        problem = Optional.of(why);
        return new EngineException(why);
    }
}
