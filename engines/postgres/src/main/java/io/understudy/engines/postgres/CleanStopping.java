package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.Glance.Sender;
import io.understudy.guard.ServerSignal;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stops a primary so that its successor has its last record, and it can follow that one later without a rewind. */
final class CleanStopping {

    /** How long one turn waits for the checkpoint; a longer one goes on beside the agent's loop, which must stay quick. */
    private static final Duration CHECKPOINT_TURN = Duration.ofMillis(500);

    private static final Duration LOGIN_LIMIT = Duration.ofSeconds(1);
    private static final Duration OTHERS_LIMIT = Duration.ofMillis(100);
    private static final Duration LIMIT = Duration.ofSeconds(1);

    /**
     * After a clean stop for a successor the own server stays down this long: clients wait for the successor, and where both share a
     * machine the start would take the time that it needs. Not where the successor needs this one to confirm its commits.
     */
    private static final Duration HEAD_START = Duration.ofMillis(350);

    private static final Pattern CONFIRMATIONS = Pattern.compile("^ANY (\\d{1,3}) ");

    private final Node node;
    private final Processes processes;
    private Optional<CompletableFuture<Void>> checkpointing = Optional.empty();
    private Optional<Long> handedOverNanos = Optional.empty();

    CleanStopping(Node node, Processes processes) {
        this.node = node;
        this.processes = processes;
    }

    void stop(NodeId target) throws SQLException, IOException, EngineException, InterruptedException {
        Glance glance = node.link.glance();
        if (glance.standby()) {
            throw new EngineException("Only a primary is stopped for a successor: found a replica at "
                    + glance.position() + ", expected a primary.");
        }
        if (glance.senders().stream().noneMatch(sender -> Replicas.isDirect(sender, target))) {
            throw new EngineException("The successor " + target + " is not connected: found senders " + glance.senders()
                    + ". Nothing was stopped; wait until it streams, or choose another.");
        }
        checkpoint();
        List<Integer> others = node.link.glance().senders().stream()
                .filter(sender -> !Replicas.isDirect(sender, target))
                .map(Sender::pid)
                .toList();
        boolean dispensable = others.size() >= confirmations(glance.names());
        node.stopping = true;
        node.link.run("select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'"
                + " and pid <> pg_backend_pid()");
        node.link.close();
        node.guard.signal(ServerSignal.FAST_STOP);
        if (node.guard.awaitGone(OTHERS_LIMIT)) {
            handedOver(dispensable);
            return;
        }
        for (int other : others) {
            node.guard.terminateChild(other);
        }
        if (!node.guard.awaitGone(LIMIT.minus(OTHERS_LIMIT))) {
            processes.kill();
            throw new EngineException(
                    "The server was not down " + LIMIT + " after a fast stop and was killed: expected " + target
                            + " to take its last record at once. Go on as after a failure of the primary.");
        }
        handedOver(dispensable);
    }

    private void handedOver(boolean dispensable) {
        handedOverNanos = dispensable ? Optional.of(System.nanoTime()) : Optional.empty();
    }

    /** How many must confirm by {@code synchronous_standby_names} as it is written here. */
    private static int confirmations(String names) {
        Matcher written = CONFIRMATIONS.matcher(names);
        return written.find() ? Integer.parseInt(written.group(1)) : 0;
    }

    /** Waits out what is left of the successor's head start; not at all without a hand-over, or when it is long ago. */
    void letSuccessorGoFirst() throws InterruptedException {
        if (handedOverNanos.isPresent()) {
            long left = HEAD_START.toNanos() - (System.nanoTime() - handedOverNanos.get());
            handedOverNanos = Optional.empty();
            TimeUnit.NANOSECONDS.sleep(left);
        }
    }

    /** Before anybody is sent away: the one at the end then has little to write. */
    private void checkpoint() throws SQLException, EngineException, InterruptedException {
        if (checkpointing.isEmpty()) {
            checkpointing = Optional.of(begin(node.sessions.open(Sessions.Waiting.NEVER, LOGIN_LIMIT)));
        }
        CompletableFuture<Void> running = checkpointing.get();
        try {
            running.get(CHECKPOINT_TURN.toMillis(), TimeUnit.MILLISECONDS);
            checkpointing = Optional.empty();
        } catch (TimeoutException stillWriting) {
            throw new EngineException(
                    "The checkpoint before the clean stop is still being written. Nobody was sent away yet;"
                            + " the step is taken again.");
        } catch (ExecutionException failed) {
            checkpointing = Optional.empty();
            throw new EngineException("The checkpoint before the clean stop failed: "
                    + String.valueOf(failed.getCause()) + ". Nothing was stopped.");
        }
    }

    private static CompletableFuture<Void> begin(Connection session) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().name("checkpoint").start(() -> {
            try (session;
                    Statement statement = session.createStatement()) {
                statement.execute("checkpoint");
                done.complete(null);
            } catch (SQLException failed) {
                done.completeExceptionally(failed);
            }
        });
        return done;
    }
}
