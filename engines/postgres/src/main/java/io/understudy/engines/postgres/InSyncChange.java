package io.understudy.engines.postgres;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress.Step;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.Glance.Sender;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Changes whom commits wait for, in steps that are each verified: nobody may confirm, and a marker is seen waiting; the new
 * value is set, and every sender of the log shows it; the marker is confirmed under it.
 *
 * <p>The new value is never left on disk: once every process obeys it the include file says again that nobody may confirm, so
 * that a server started out of turn acknowledges nothing. Somebody else's reload therefore stops commits until the change is
 * made again, which {@link #lost} notices.
 */
final class InSyncChange {

    /** Well within a lease: nobody renews it meanwhile. */
    private static final Duration LIMIT = Duration.ofMillis(1_500);

    /** A marker may wait for long, turn after turn; the agent reports in between. */
    private static final Duration CONFIRM_TURN = Duration.ofMillis(500);

    private static final long POLL_MILLIS = 2;

    private final Node node;
    private final Processes processes;
    private final MarkerSessions sessions;
    private InSyncProgress progress = InSyncProgress.NONE;
    private @Nullable Marker marker;
    private boolean firstMarker;
    private @Nullable InSyncConfiguration inForce;
    private boolean overlookedBefore;
    private Position markerEnd = Position.START;

    InSyncChange(Node node, Processes processes) {
        this.node = node;
        this.processes = processes;
        this.sessions = new MarkerSessions(node.sessions);
    }

    /** The server is about to be promoted: a marker will be needed at once. */
    void prepare() {
        sessions.prepare();
    }

    /**
     * The server was just promoted, and since it started nobody could confirm: its first marker waits while others look. Without
     * a session for it yet, {@link #hold} makes one.
     */
    void begin() {
        sessions.takeIfOpen().ifPresent(session -> {
            try {
                marker = Marker.commit(session);
                firstMarker = true;
            } catch (SQLException gone) {
                MarkerSessions.close(session);
            }
        });
    }

    InSyncProgress progress() {
        return progress;
    }

    /** Called when the server is another one than the one the change was made on. */
    void forget() {
        progress = InSyncProgress.NONE;
        Marker waiting = marker;
        marker = null;
        firstMarker = false;
        inForce = null;
        if (waiting != null) {
            waiting.close();
        }
        sessions.forget();
    }

    /**
     * Notices that the server waits for somebody else than it was last told to, or that a sender overlooked it: one that was
     * just starting reads the include file when it gets to it, which may say again by then that nobody may confirm.
     */
    void lost(Glance glance) {
        boolean overlooked = overlooks(glance);
        boolean again = overlooked && overlookedBefore;
        overlookedBefore = overlooked;
        if (progress.step() != Step.NONE && (again || !glance.names().equals(node.live.synchronousStandbyNames()))) {
            progress = InSyncProgress.NONE;
            overlookedBefore = false;
        }
    }

    private boolean overlooks(Glance glance) {
        InSyncConfiguration expected = inForce;
        return expected != null
                && progress.step().compareTo(Step.SET) >= 0
                && glance.senders().stream()
                        .anyMatch(sender ->
                                sender.state().equals("streaming") && sender.priority() != priority(sender, expected));
    }

    /** Somebody else's settings were in force: whatever was confirmed under them, the change is begun again. */
    void drifted() {
        progress = InSyncProgress.NONE;
    }

    void hold(long change) throws SQLException, IOException, EngineException, InterruptedException {
        progress = InSyncProgress.NONE;
        // Somebody's ALTER SYSTEM would beat the include file, and nobody would be held.
        boolean drifted = node.files.moveOutOfAutoConf(node.data());
        boolean atRest = node.live.equals(node.live.atRest()) && isHeld(node.link.glance());
        if (drifted || !atRest) {
            processes.reload(node.live.atRest());
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        Marker first = firstMarker ? marker : null;
        firstMarker = false;
        Marker waiting = first != null && !first.ended() ? first : freshMarker();
        while (true) {
            Glance glance = node.link.glance();
            if (waiting.ended()) {
                // It was let through before the server had taken note.
                waiting = freshMarker();
            } else if (isHeld(glance) && waiting.seenWaiting(node.link.session())) {
                break;
            }
            check(deadline, "nobody may confirm commits", glance);
            Thread.sleep(POLL_MILLIS);
        }
        markerEnd = flushed();
        progress = new InSyncProgress(change, Step.HELD);
    }

    private static boolean isHeld(Glance glance) {
        return glance.names().equals(ServerParameters.NOBODY)
                && glance.senders().stream().allMatch(sender -> sender.priority() == 0);
    }

    void set(long change, InSyncConfiguration configuration)
            throws SQLException, IOException, EngineException, InterruptedException {
        require(change, Step.HELD);
        progress = new InSyncProgress(change, Step.HELD);
        putInForce(configuration);
        progress = new InSyncProgress(change, Step.SET);
    }

    private void putInForce(InSyncConfiguration configuration)
            throws SQLException, IOException, EngineException, InterruptedException {
        String names = names(configuration);
        inForce = configuration;
        try {
            processes.reload(
                    node.live.confirming(names, configuration.mode() == ReplicationMode.SYNC ? "remote_apply" : "on"));
            awaitObeyed(configuration, names);
        } finally {
            node.files.writeLive(node.data(), node.live.atRest());
        }
    }

    void confirm(long change, InSyncConfiguration configuration)
            throws SQLException, IOException, EngineException, InterruptedException {
        require(change, Step.SET);
        long deadline = System.nanoTime() + CONFIRM_TURN.toNanos();
        if (marker == null) {
            freshMarker();
            markerEnd = flushed();
        }
        while (true) {
            Glance glance = node.link.glance();
            if (overlooks(glance)) {
                putInForce(configuration);
            } else if (confirmed(configuration, glance)) {
                break;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new EngineException("The marker commit at " + markerEnd + " was not confirmed within "
                        + CONFIRM_TURN
                        + " under " + configuration + ". Found these senders: "
                        + glance.senders() + ". Are the members connected and healthy?");
            }
            Thread.sleep(POLL_MILLIS);
        }
        forgetMarker();
        progress = new InSyncProgress(change, Step.CONFIRMED);
    }

    /** The value of {@code synchronous_standby_names}; names are always quoted. */
    static String names(InSyncConfiguration configuration) {
        if (configuration.waitsForNobody()) {
            return "";
        }
        if (configuration.blocksCommits()) {
            return ServerParameters.NOBODY;
        }
        return configuration.members().stream()
                .map(member -> '"' + member.node().name() + '"')
                .collect(Collectors.joining(", ", "ANY " + configuration.confirmations() + " (", ")"));
    }

    private void awaitObeyed(InSyncConfiguration configuration, String names)
            throws SQLException, EngineException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        boolean nudged = false;
        while (true) {
            Glance glance = node.link.glance();
            boolean obeyed = glance.names().equals(names)
                    && glance.senders().stream()
                            .allMatch(sender -> sender.priority() == priority(sender, configuration));
            if (obeyed && !nudged) {
                // Waiters are released by a replica's next reply only: give the replicas something to reply to.
                nudged = true;
                node.link.run("select pg_logical_emit_message(true, 'understudy', 'nudge')");
            }
            Marker waiting = marker;
            if (obeyed && (!configuration.waitsForNobody() || waiting == null || waiting.ended())) {
                return;
            }
            check(deadline, names.isEmpty() ? "commits wait for nobody" : names, glance);
            Thread.sleep(POLL_MILLIS);
        }
    }

    private boolean confirmed(InSyncConfiguration configuration, Glance glance)
            throws SQLException, EngineException, InterruptedException {
        Marker waiting = marker;
        if (waiting == null || !waiting.ended()) {
            return false;
        }
        if (!waiting.confirmed()) {
            freshMarker();
            markerEnd = flushed();
            return false;
        }
        if (configuration.waitsForNobody()) {
            return true;
        }
        boolean sync = configuration.mode() == ReplicationMode.SYNC;
        long confirming = glance.senders().stream()
                .filter(sender ->
                        configuration.members().stream().anyMatch(member -> Replicas.isDirect(sender, member.node())))
                .filter(sender -> !(sync ? sender.replayed() : sender.flushed()).equals(Position.START)
                        && !markerEnd.isAfter(sync ? sender.replayed() : sender.flushed()))
                .map(Sender::application)
                .distinct()
                .count();
        return confirming >= configuration.confirmations();
    }

    private static int priority(Sender sender, InSyncConfiguration configuration) {
        if (configuration.waitsForNobody() || configuration.blocksCommits()) {
            return 0;
        }
        List<String> names = configuration.members().stream()
                .map(Member::node)
                .map(NodeId::name)
                .toList();
        // The server compares them without regard to case.
        return names.contains(sender.application().toLowerCase(Locale.ROOT)) ? 1 : 0;
    }

    private Marker freshMarker() throws SQLException {
        forgetMarker();
        Marker fresh = Marker.commit(sessions.take());
        marker = fresh;
        return fresh;
    }

    private void forgetMarker() {
        Marker old = marker;
        marker = null;
        if (old != null) {
            old.end(node.link, sessions);
        }
    }

    private Position flushed() throws SQLException {
        return node.link.glance().position();
    }

    private void require(long change, Step step) throws EngineException {
        if (progress.change() != change || progress.step().compareTo(step) < 0) {
            throw new EngineException("Change " + change + " of the in-sync set is not that far: found " + progress
                    + ", expected at least " + step + " of it. Begin the change again by holding confirmations.");
        }
    }

    private static void check(long deadline, String expected, Glance found) throws EngineException {
        if (System.nanoTime() - deadline > 0) {
            throw new EngineException("The server does not obey '" + expected + "' within " + LIMIT
                    + ": found '" + found.names() + "' and senders " + found.senders()
                    + ". Is one of its processes stopped? The step may be repeated.");
        }
    }
}
