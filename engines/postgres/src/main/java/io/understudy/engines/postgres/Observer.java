package io.understudy.engines.postgres;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.guard.GuardStatus;
import io.understudy.guard.ServerState;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the server's processes and asks the server about itself. Owned by the engine's thread. */
final class Observer {

    private static final Logger log = LoggerFactory.getLogger(Observer.class);

    private static final Set<ControlFile.State> WRITTEN =
            EnumSet.of(ControlFile.State.IN_PRODUCTION, ControlFile.State.SHUTDOWNING, ControlFile.State.SHUTDOWNED);
    /** A clean stop is ended sooner by whoever began it; this is for one that nobody waits for any more. */
    private static final Duration STOPPING_LIMIT = Duration.ofSeconds(3);

    /** While the server is down: how soon one that somebody else started in its place is found. Every start looks for itself. */
    private static final Duration OTHERS_EVERY = Duration.ofMillis(500);

    private static final Duration RAISE_EVERY = Duration.ofSeconds(1);
    /** The server does not let anybody in yet, or not any more. */
    static final String NOT_YET = "57P03";

    private final Node node;
    private final Processes processes;
    private final InSyncChange inSync;
    private final Replicas replicas;
    private final Slots slots;
    private final Exemptions exemptions;
    private final StreamingWatch streamingWatch;

    private long pid;
    private boolean answered;
    private boolean endReached;
    private long wellNanos = System.nanoTime();
    private long raisedNanos;
    private Optional<Long> lookedForOthers = Optional.empty();
    private boolean sealedReported;
    private boolean driftToEnd;
    private Optional<Heard> heard = Optional.empty();

    private record Heard(int timeline, Position end) {}

    Observer(Node node, Processes processes, InSyncChange inSync) {
        this.node = node;
        this.processes = processes;
        this.inSync = inSync;
        this.replicas = new Replicas(node);
        this.slots = new Slots(node);
        this.exemptions = new Exemptions(node);
        this.streamingWatch = new StreamingWatch(node.self(), node.roles, node.log, System::nanoTime);
    }

    Server server(GuardStatus status) throws IOException, InterruptedException {
        Optional<Long> running = node.guard.runningPid(status);
        if (running.isEmpty()) {
            noteEnd(status);
            forget(0);
            endWhatOthersStarted();
            return gone();
        }
        if (running.get() != pid) {
            forget(running.get());
        }
        boolean stopping = node.stopping || status.server() instanceof ServerState.Stopping;
        if (Leftovers.state(pid).filter(state -> state == 'T' || state == 't').isPresent()) {
            return stuck();
        }
        try {
            Glance glance = node.link.glance();
            answered = true;
            if (!node.link.letsIn()) {
                return stopping ? stopping() : stuck();
            }
            wellNanos = System.nanoTime();
            processes.clearProblem();
            upkeep(glance);
            return glance.standby() ? standby(glance) : primary(glance);
        } catch (SQLException silent) {
            if (stopping) {
                return stopping();
            }
            boolean starting = !answered || NOT_YET.equals(silent.getSQLState());
            return starting ? new Server.Starting() : stuck();
        }
    }

    private void forget(long next) {
        if (pid != next) {
            pid = next;
            answered = false;
            endReached = false;
            wellNanos = System.nanoTime();
            inSync.forget();
            slots.forget();
            if (next == 0) {
                node.link.close();
                node.stopping = false;
            }
        }
    }

    /** A stop that does not come to its end, because a sender or a backend hangs, must not last under a renewed lease. */
    private Server stopping() {
        return System.nanoTime() - wellNanos < STOPPING_LIMIT.toNanos() ? new Server.Stopping() : stuck();
    }

    private Server stuck() {
        return new Server.Stuck(Duration.ofNanos(System.nanoTime() - wellNanos));
    }

    /** Only a guard that had the server knows that every process of it ended; one that took another's place knows nothing. */
    private void noteEnd(GuardStatus status) {
        if (pid != 0) {
            boolean seenByGuard = status.server() instanceof ServerState.Gone gone && gone.pid() == pid;
            lookedForOthers = seenByGuard ? Optional.of(System.nanoTime()) : Optional.empty();
        }
    }

    /** Finding them means looking at every process of the machine: not in every turn, least of all while a successor is awaited. */
    private void endWhatOthersStarted() throws IOException, InterruptedException {
        long now = System.nanoTime();
        if (lookedForOthers.filter(last -> now - last < OTHERS_EVERY.toNanos()).isEmpty()) {
            processes.endLeftovers();
            // After it: what could not be told is asked again.
            lookedForOthers = Optional.of(now);
        }
    }

    private Server gone() throws IOException {
        noteWrittenOutOfTurn();
        Optional<Position> end = Optional.empty();
        Optional<String> problem = processes.problem();
        try {
            if (node.state.role() == NodeFiles.Role.PRIMARY && hasDatabase()) {
                end = ControlFile.read(node.data()).cleanStopEnd(node.data());
            }
        } catch (IOException unreadable) {
            problem = Optional.of(String.valueOf(unreadable.getMessage()));
        }
        return new Server.Gone(end, problem);
    }

    /** What the node remembers of itself outlives its data: a disk may come back empty. One that cannot be read is not empty. */
    private boolean hasDatabase() {
        return !Files.notExists(node.data().resolve("PG_VERSION"));
    }

    /**
     * A replica's data in which a server wrote, because somebody promoted it or started it by hand, is no part of the
     * cluster's log any more, though it may look like it: it gets an entry in its lineage that no ledger has.
     */
    private void noteWrittenOutOfTurn() throws IOException {
        if (node.state.role() != NodeFiles.Role.REPLICA || !hasDatabase()) {
            return;
        }
        List<TimelineStart> lineage = node.state.lineage();
        ControlFile control = ControlFile.read(node.data());
        boolean noted = lineage.size() > 1
                && lineage.getLast()
                        .epoch()
                        .equals(lineage.get(lineage.size() - 2).epoch());
        if (noted || lineage.isEmpty() || !WRITTEN.contains(control.state())) {
            return;
        }
        node.journal.noted(
                "WrittenOutOfTurn", node.state.promised(), "a server wrote in this replica's data: " + control.state());
        node.state.leaveLineage(control.timeline());
    }

    private void noteHopeless(Glance glance, TimelineId timeline) throws IOException {
        List<TimelineStart> lineage = node.state.lineage();
        if (!lineage.isEmpty() && streamingWatch.isHopeless(glance, node.live.upstream())) {
            node.journal.noted(
                    "CannotStream",
                    node.state.promised(),
                    "the primary answers, and the log here cannot be continued from it: " + node.log.file()
                            + " says why");
            node.state.leaveLineage(timeline);
        }
    }

    private void upkeep(Glance glance) throws SQLException, IOException {
        takeBackDrift(glance);
        if (glance.standby()
                && glance.receiver().isEmpty()
                && !glance.conninfo().isEmpty()) {
            // Without it the server could not log in again, and would look like one that can never stream.
            node.passwords.ensure();
        }
        if (!glance.standby()) {
            inSync.lost(glance);
            replicas.endImpostors(glance);
        }
        slots.keep(glance);
    }

    /**
     * ALTER SYSTEM beats the include file, on a replica too. What it writes is looked at whenever it changed, before anybody
     * reloads it where we are in time.
     */
    private void takeBackDrift(Glance glance) throws IOException {
        String expected = glance.standby() ? node.live.upstream().conninfo() : "";
        boolean suspect =
                node.files.autoConfChanged(node.data()) || !glance.conninfo().equals(expected);
        if (suspect && node.files.moveOutOfAutoConf(node.data())) {
            String told = "settings of Understudy's own were taken out of postgresql.auto.conf";
            log.warn("{}: {}; somebody used ALTER SYSTEM", node.self(), told);
            node.journal.noted("Drift", node.state.promised(), told);
            driftToEnd = true;
        }
        if (driftToEnd) {
            if (!glance.standby()) {
                // Commits may have been let through or held by it: the change of the in-sync set is made again.
                inSync.drifted();
            }
            processes.reload(glance.standby() ? node.live : node.live.atRest());
            driftToEnd = false;
        }
    }

    private Server standby(Glance glance) throws IOException {
        node.state.role(NodeFiles.Role.REPLICA);
        boolean readAll = glance.hasReadEverything();
        endReached |= readAll || glance.startupWait().equals(Glance.WAITS_FOR_RECEIVER);
        Position known = glance.received()
                .filter(received -> !readAll && received.isAfter(glance.position()))
                .orElse(glance.position());
        Optional<Position> position = endReached ? Optional.of(known) : Optional.empty();
        Optional<Boundary> boundary = readAll ? Optional.of(glance.boundary()) : Optional.empty();
        raise(glance.position(), readAll);
        boolean foreign = !glance.conninfo().equals(node.live.upstream().conninfo());
        TimelineId timeline = timeline(glance, known);
        boolean streams = glance.receiver()
                .filter(receiver -> receiver.status().equals("streaming"))
                .isPresent();
        if (streams || DiskSpace.shortage(node.data()).isEmpty()) {
            noteHopeless(glance, timeline);
        } else {
            // It streams again by itself once there is space; another copy would only need more.
            streamingWatch.excuse();
        }
        return new Server.Standby(
                upstream(glance),
                glance.receiver().isPresent() || (foreign && !glance.conninfo().isEmpty()),
                !foreign && streams,
                timeline,
                position,
                glance.position(),
                boundary,
                heardEnd(glance, timeline));
    }

    /**
     * The end of the primary's log as any receiver heard: it is known on when the receiver has ended, because the primary has, and a Raft
     * leader that never heard that primary asks for it. Of the timeline that this data is of, and no other.
     */
    private Optional<Position> heardEnd(Glance glance, TimelineId timeline) {
        glance.receiver()
                .filter(receiver -> receiver.status().equals("streaming"))
                .ifPresent(receiver -> receiver.primaryEnd().ifPresent(end -> heard(receiver.timeline(), end)));
        // Told to follow another tenure and not on its timeline yet: what was heard is not of that tenure's log.
        List<TimelineStart> lineage = node.state.lineage();
        return heard.filter(known -> known.timeline() == timeline.number())
                .filter(known ->
                        lineage.isEmpty() || lineage.getLast().timeline().number() == known.timeline())
                .map(Heard::end);
    }

    private void heard(int timeline, Position end) {
        heard = Optional.of(new Heard(
                timeline,
                heard.filter(known -> known.timeline() == timeline)
                        .map(known -> Position.max(known.end(), end))
                        .orElse(end)));
    }

    private Server primary(Glance glance) throws IOException {
        // The log is written in pages: of its own end only what a replica replayed is known to be a whole record's.
        raise(glance.senders().stream().map(Glance.Sender::replayed).reduce(Position.START, Position::max), false);
        return new Server.Primary(
                new TimelineId(glance.timeline()),
                glance.position(),
                inSync.progress(),
                replicas.of(glance),
                inSync.progress().step() == InSyncProgress.Step.CONFIRMED ? exemptions.now() : List.of());
    }

    private static Optional<NodeId> upstream(Glance glance) {
        return glance.conninfo().isEmpty() || glance.upstream().isEmpty()
                ? Optional.empty()
                : Optional.of(new NodeId(glance.upstream()));
    }

    /**
     * Of the last record. The stored lineage can be behind: a receiver that reconnects by itself follows its primary to a
     * new timeline before the agent hears of it. Timelines of one lineage only rise, so the highest that is seen is right.
     */
    private TimelineId timeline(Glance glance, Position known) throws IOException {
        TimelineId highest = ControlFile.read(node.data()).timeline();
        for (TimelineStart start : node.state.lineage()) {
            if (known.isAfter(start.start()) && start.timeline().compareTo(highest) > 0) {
                highest = start.timeline();
            }
        }
        int receiving = glance.receiver()
                .filter(receiver -> receiver.status().equals("streaming"))
                .map(Glance.Receiver::timeline)
                .orElse(0);
        return receiving > highest.number() ? new TimelineId(receiving) : highest;
    }

    /**
     * Keeps what was reported, of complete records only: a position inside a record would not be found again after a
     * restart. At once where it is a vote, now and then otherwise.
     */
    private void raise(Position position, boolean vote) throws IOException {
        boolean due = System.nanoTime() - raisedNanos > RAISE_EVERY.toNanos();
        if (position.isAfter(node.state.highest()) && (due || (vote && !sealedReported))) {
            raisedNanos = System.nanoTime();
            node.state.raiseHighest(position);
        }
        sealedReported = vote;
    }
}
