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

/** Stops a primary so that its successor has its last record, and it can follow that one later without a rewind. */
final class CleanStopping {

    private static final Duration CHECKPOINT_LIMIT = Duration.ofSeconds(60);
    private static final Duration OTHERS_LIMIT = Duration.ofMillis(100);
    private static final Duration LIMIT = Duration.ofSeconds(1);

    private final Node node;
    private final Processes processes;

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
        node.stopping = true;
        node.link.run("select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'"
                + " and pid <> pg_backend_pid()");
        node.link.close();
        node.guard.signal(ServerSignal.FAST_STOP);
        if (node.guard.awaitGone(OTHERS_LIMIT)) {
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
    }

    /** Before anybody is sent away: the one at the end then has little to write. */
    private void checkpoint() throws SQLException {
        try (Connection session = node.sessions.open(Sessions.Waiting.NEVER, CHECKPOINT_LIMIT);
                Statement statement = session.createStatement()) {
            statement.execute("checkpoint");
        }
    }
}
