package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import io.understudy.engines.postgres.ServerParameters.Upstream;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows a primary: as its member's login, under its member's name, through its member's slot. */
final class Following {

    private static final Logger log = LoggerFactory.getLogger(Following.class);

    private final Node node;
    private final Processes processes;

    Following(Node node, Processes processes) {
        this.node = node;
        this.processes = processes;
    }

    void follow(Action.Follow follow) throws SQLException, IOException, EngineException, InterruptedException {
        requirePromise(node, follow.epoch());
        if (node.guard.status().server().absent()) {
            throw new EngineException(
                    "The server to follow " + follow.primary() + " has gone: found no process, expected a"
                            + " sealed replica whose log's end is known. It is started sealed first.");
        }
        node.state.promise(follow.epoch());
        node.state.lineage(follow.lineage());
        LiveSettings live = LiveSettings.SEALED.following(
                upstream(follow.primary(), follow.endpoint()), replayDelay(follow.mode()));
        if (isPrimary()) {
            throw new EngineException(
                    "A server that accepts writes follows nobody: found a primary, expected a replica of "
                            + follow.primary() + ". Stop it first; it starts again as a replica.");
        }
        node.files.moveOutOfAutoConf(node.data());
        node.passwords.ensure();
        processes.reload(live);
    }

    /**
     * Brings the replay delay of a server that follows already to the mode's. What fails is tried again with the next
     * decision: until then readers are treated as they were before.
     */
    void obey(Assignment.FollowPrimary assigned) {
        LiveSettings live = node.live;
        Duration delay = replayDelay(assigned.mode());
        String primary = assigned.tenure().holder().node().name();
        if (!live.upstream().name().equals(primary) || live.replayDelay().equals(delay)) {
            return;
        }
        try {
            if (node.guard.runningPid(node.guard.status()).isEmpty()) {
                // It is told when it is started and follows.
                return;
            }
            processes.reload(live.delaying(delay));
            node.journal.noted(
                    "ReplayDelay",
                    node.state.promised(),
                    "a reader may hold up replay for " + delay + ", as " + assigned.mode() + " demands");
        } catch (IOException failed) {
            log.warn(
                    "The replay delay of {} stays {}, expected {} in {}: {}",
                    node.self(),
                    live.replayDelay(),
                    delay,
                    assigned.mode(),
                    failed.getMessage());
        }
    }

    /** A server that does not let anybody in yet was started as a replica, as every server is. */
    private boolean isPrimary() throws SQLException {
        try {
            return !node.link.glance().standby();
        } catch (SQLException failed) {
            if (Observer.NOT_YET.equals(failed.getSQLState())) {
                return false;
            }
            throw failed;
        }
    }

    static void requirePromise(Node node, Epoch epoch) throws EngineException {
        if (epoch.isBefore(node.state.promised())) {
            throw new EngineException("Epoch " + epoch + " is not followed any more: this node promised "
                    + node.state.promised() + ". Ask for the present one.");
        }
    }

    private Duration replayDelay(ReplicationMode mode) {
        return mode == ReplicationMode.SYNC ? node.settings.syncReplayDelay() : LiveSettings.SEALED.replayDelay();
    }

    private Upstream upstream(NodeId primary, Endpoint endpoint) {
        String login = Roles.loginOf(node.self());
        String conninfo = Conninfo.to(endpoint, login, node.passwords.file()) + " application_name="
                + Conninfo.value(node.self().name());
        return new Upstream(primary.name(), conninfo, Roles.slotOf(node.self()));
    }
}
