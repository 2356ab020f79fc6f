package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineStart;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** All parts of one history. */
final class World {

    /** Thousandths by which a clock is fast or slow at most: two of them differ by a little less than is allowed for. */
    private static final int DRIFT = 19;

    private final Agenda agenda;
    private final Trace trace;
    private final Decisions decisions;
    private final Coverage coverage = new Coverage();
    private final Network network;
    private final List<NodeId> ids = new ArrayList<>();
    private final List<NodeClock> clocks = new ArrayList<>();
    private final List<Database> databases = new ArrayList<>();
    private final List<Guard> guards = new ArrayList<>();
    private final List<Agent> agents = new ArrayList<>();
    private final List<RaftPeer> rafts = new ArrayList<>();
    private final Set<String> destroyed = new HashSet<>();
    private final Checks checks;
    private final Faults faults;
    private final FaultSchedule schedule;
    private RaftEntry committed;
    private long records;

    World(
            Agenda agenda,
            Trace trace,
            Decisions decisions,
            int nodes,
            Settings settings,
            Function<World, FaultSchedule> schedules) {
        this.agenda = agenda;
        this.trace = trace;
        this.decisions = decisions;
        network = new Network(agenda, nodes);
        for (int node = 0; node < nodes; node++) {
            ids.add(new NodeId("n" + (node + 1)));
            clocks.add(new NodeClock(
                    agenda, agenda.between(0, 1_000 * Agenda.SECOND), 1 + agenda.between(-DRIFT, DRIFT) / 1_000.0));
        }
        committed = RaftEntry.first(ClusterState.forming("simulated", settings, ids));
        checks = new Checks(this);
        faults = new Faults(this);
        schedule = schedules.apply(this);
        for (int node = 0; node < nodes; node++) {
            SimulatedProcess process = new SimulatedProcess(agenda);
            Database database = new Database(this, node, new SimulatedProcess(agenda));
            Guard guard = new Guard(this, node, new SimulatedProcess(agenda));
            Engine engine = new Engine(this, node, process, database, guard);
            Agent agent = new Agent(this, node, process, engine, guard);
            databases.add(database);
            guards.add(guard);
            agents.add(agent);
            rafts.add(new RaftPeer(this, node, process, committed, agent));
        }
    }

    Agenda agenda() {
        return agenda;
    }

    Trace trace() {
        return trace;
    }

    Decisions decisions() {
        return decisions;
    }

    Coverage coverage() {
        return coverage;
    }

    Network network() {
        return network;
    }

    Checks checks() {
        return checks;
    }

    Faults faults() {
        return faults;
    }

    FaultSchedule schedule() {
        return schedule;
    }

    int size() {
        return ids.size();
    }

    NodeId id(int node) {
        return ids.get(node);
    }

    int indexOf(NodeId id) {
        return ids.indexOf(id);
    }

    NodeClock clock(int node) {
        return clocks.get(node);
    }

    Database database(int node) {
        return databases.get(node);
    }

    Guard guard(int node) {
        return guards.get(node);
    }

    Agent agent(int node) {
        return agents.get(node);
    }

    RaftPeer raft(int node) {
        return rafts.get(node);
    }

    long nextRecord() {
        return ++records;
    }

    /** The ledger as a majority has it. */
    ClusterState ledger() {
        return committed.state();
    }

    /** Lives of data that were taken away by a fault, not by a step. */
    Set<String> destroyed() {
        return destroyed;
    }

    long epochOnTimeline(int timeline) {
        for (TimelineStart start : committed.state().lineage()) {
            if (start.timeline().number() == timeline) {
                return start.epoch().number();
            }
        }
        return 0;
    }

    /** A peer saw {@code entry} to be committed. */
    void committed(int peer, RaftEntry entry) {
        if (entry.index() <= committed.index()) {
            if (committed.at(entry.index()) != entry) {
                throw new IllegalStateException(
                        "The model of Raft is wrong: peer " + peer + " has another entry at " + entry.index());
            }
            return;
        }
        List<RaftEntry> fresh = new ArrayList<>();
        for (RaftEntry next = entry; next != committed; next = next.before().orElseThrow()) {
            if (next.index() <= committed.index()) {
                throw new IllegalStateException("The model of Raft is wrong: a committed entry was overwritten");
            }
            fresh.addFirst(next);
        }
        for (RaftEntry next : fresh) {
            ClusterState before = committed.state();
            committed = next;
            if (next.proposal().isPresent()) {
                if (next.refused().isEmpty()) {
                    checks.committed(before, next.proposal().get(), next.state());
                    schedule.tempt();
                } else {
                    trace.note(peer, "refused", next.refused());
                    coverage.crashed("refused: " + next.proposal().get().rule());
                }
            }
        }
    }
}
