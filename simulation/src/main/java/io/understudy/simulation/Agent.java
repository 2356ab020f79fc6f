package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.MemberRecord;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Receipt;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import io.understudy.core.coordinator.Decision;
import io.understudy.core.coordinator.LeadershipPlacement;
import io.understudy.core.coordinator.Lookout;
import io.understudy.core.coordinator.Report;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.core.reconciler.Step;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One node's agent: looks, decides, acts, reports; on the Raft leader it also coordinates. */
final class Agent implements RaftPeer.Listener {

    static final long RENEWAL = 500 * Agenda.MS;
    static final long RECENT = Agenda.SECOND;
    private static final long IDLE = 250 * Agenda.MS;
    private static final long LEADER_TICK = 100 * Agenda.MS;

    private static final Assignment UNANSWERED = new Assignment.Unassigned("the ledger has not answered yet");

    private final World world;
    private final int node;
    final SimulatedProcess process;
    final Engine engine;
    private final Guard guard;
    private final MemberRecord self;
    // Kept on disk beside the quarantine.
    private final List<Receipt> receipts = new ArrayList<>();
    // Of this life.
    private Optional<ClusterState> answered = Optional.empty();
    private ClusterState assignedBy;
    private Assignment assigned;
    private Optional<Vacancy> vacancy = Optional.empty();
    private Optional<Lookout> lookout = Optional.empty();
    private final Map<TimelineId, Position> heardEnds = new HashMap<>();
    private Optional<RaftEntry> proposed = Optional.empty();
    private String doing = "started";
    private Optional<Observation.Essence> reported = Optional.empty();
    private String lastRule = "";
    private String lastDecision = "";
    private boolean acting;
    private boolean looking;
    private boolean idleScheduled;
    private Optional<Picture> picture = Optional.empty();
    private Optional<Action> failed = Optional.empty();
    private int failures;
    private long retryAt;

    /** What it last looked at, which was {@code at} on its own clock. While it acts it does not look, and reports what it saw before. */
    private record Picture(Assignment assignment, LocalObservation seen, long at) {}

    /** Nobody held a tenure when the report sent at {@code sentAt} was answered. */
    private record Vacancy(Epoch next, long sentAt) {}

    Agent(World world, int node, SimulatedProcess process, Engine engine, Guard guard) {
        this.world = world;
        this.node = node;
        this.process = process;
        this.engine = engine;
        this.guard = guard;
        assignedBy = world.ledger();
        assigned = Assignment.of(assignedBy, world.id(node));
        Endpoint endpoint = new Endpoint("127.0.0.1", 5_432 + node);
        self = new MemberRecord(
                world.id(node), Optional.empty(), new Incarnation("ledger-" + node), endpoint, endpoint);
    }

    void start() {
        process.start();
        answered = Optional.empty();
        vacancy = Optional.empty();
        lookout = Optional.empty();
        proposed = Optional.empty();
        engine.progress = LocalObservation.InSyncProgress.NONE;
        acting = false;
        looking = false;
        idleScheduled = false;
        picture = Optional.empty();
        failed = Optional.empty();
        failures = 0;
        reported = Optional.empty();
        // In memory only.
        world.database(node).upstreamEnd = Optional.empty();
        world.raft(node).start();
        process.in(world.agenda().between(0, RENEWAL), this::renew);
        idle();
        look();
    }

    void keep(Optional<Receipt> receipt) {
        receipt.ifPresent(receipts::add);
    }

    // ---- the loop

    private void idle() {
        if (!idleScheduled) {
            idleScheduled = true;
            process.in(IDLE, () -> {
                idleScheduled = false;
                idle();
                loop();
            });
        }
    }

    /** Something changed: look again at once. */
    void look() {
        if (!looking) {
            looking = true;
            process.in(world.agenda().between(200, Agenda.MS), () -> {
                looking = false;
                loop();
            });
        }
    }

    private ClusterState newest() {
        ClusterState own = world.raft(node).state();
        return answered.filter(answer -> answer.version() > own.version()).orElse(own);
    }

    /** Worked out once for each state of the ledger: it follows from nothing else. */
    private Assignment assignment() {
        if (answered.isEmpty()) {
            // An agent that was restarted may know only an old ledger, and must not go back to what that asks for.
            return UNANSWERED;
        }
        ClusterState newest = newest();
        if (assignedBy != newest) {
            assignedBy = newest;
            assigned = Assignment.of(newest, world.id(node));
        }
        return assigned;
    }

    /** What it goes by while it is free to act on it; empty when it is not. */
    Optional<Assignment> acted() {
        return process.isRunning() && !acting && answered.isPresent() ? Optional.of(assignment()) : Optional.empty();
    }

    private void loop() {
        if (acting) {
            return;
        }
        Assignment assignment = assignment();
        LocalObservation seen = observe();
        picture = Optional.of(new Picture(assignment, seen, world.clock(node).reads()));
        if (answered.isEmpty()) {
            tell(assignment, seen);
            return;
        }
        Step step = world.decisions().next(assignment, seen);
        world.coverage().rule(step.rule());
        doing = step.rule() + ": " + step.reason();
        if (!step.isWait() || !step.rule().equals(lastRule)) {
            world.trace().decided(node, step.rule(), step.reason());
        }
        lastRule = step.rule();
        tell(assignment, seen);
        if (!step.isWait() && !isTooSoon(step.action())) {
            act(step);
        }
    }

    private boolean isTooSoon(Action action) {
        return failed.equals(Optional.of(action)) && world.agenda().now() < retryAt;
    }

    private void act(Step step) {
        acting = true;
        String name = step.action().step();
        world.coverage().reached(name);
        if (world.schedule().crashesBefore(node, name)) {
            return;
        }
        engine.act(step.action(), new Engine.Done() {
            @Override
            public void succeeded() {
                failed = Optional.empty();
                failures = 0;
                if (!world.schedule().crashesAfter(node, name)) {
                    acting = false;
                    look();
                }
            }

            @Override
            public void failed(String why) {
                failures = failed.equals(Optional.of(step.action())) ? Math.min(failures + 1, 5) : 1;
                failed = Optional.of(step.action());
                long pause = Math.min(2_000, 50L << failures) * Agenda.MS;
                retryAt = world.agenda().now() + pause;
                world.trace().note(node, "agent", name + " failed: " + why);
                acting = false;
                look();
                process.in(pause, Agent.this::look);
            }
        });
    }

    private LocalObservation observe() {
        Database database = world.database(node);
        if (database.isNobodysChild) {
            // Its guard knows of no such server: it is ended, never adopted.
            database.die("started by somebody else, ended by the agent");
        }
        if (database.state == Database.State.GONE && database.disk.strayed) {
            database.disk.leaveLineage();
        }
        return world.decisions().observed(Observation.of(world, database, engine.progress, guard.lease()), database);
    }

    // ---- reporting

    private void renew() {
        process.in(answered.isEmpty() ? RENEWAL / 5 : RENEWAL, this::renew);
        picture.filter(latest -> !isStale(latest)).ifPresent(latest -> send(latest.assignment(), latest.seen()));
    }

    /** It would keep a lease alive for a server that nobody looks at. */
    private boolean isStale(Picture latest) {
        return latest.assignment() instanceof Assignment.Lead
                && world.clock(node).reads() - latest.at() > RECENT;
    }

    /** Reports at once when something changed that others act on. */
    private void tell(Assignment assignment, LocalObservation seen) {
        Optional<Observation.Essence> now = Optional.of(Observation.essence(assignment, seen, receipts.size()));
        if (!now.equals(reported)) {
            reported = now;
            send(assignment, seen);
        }
    }

    private void send(Assignment assignment, LocalObservation seen) {
        Report report = world.decisions().report(self, assignment, seen, doing, receipts);
        switch (seen.server()) {
            case Server.Standby standby -> standby.position().ifPresent(world.database(node).disk::reported);
            // Of its own end only what a replica replayed is known to be a whole record's.
            case Server.Primary primary ->
                world.database(node).disk.reported(world.database(node).replayedByOthers());
            case Server.Gone gone -> {}
            case Server.Starting starting -> {}
            case Server.Stopping stopping -> {}
            case Server.Stuck stuck -> {}
        }
        int leader = world.raft(node).leader();
        if (leader < 0) {
            return;
        }
        long sentAt = world.clock(node).reads();
        int life = process.life();
        Agent other = world.agent(leader);
        world.network()
                .send(
                        node,
                        leader,
                        other.process,
                        () -> other.asked(node, report, state -> {
                            // An answer comes over the connection of the question, which a restarted agent does not
                            // have.
                            if (process.life() == life) {
                                answered(state, sentAt);
                            }
                        }));
    }

    private void answered(ClusterState state, long sentAt) {
        if (state.version() >= newest().version()) {
            answered = Optional.of(state);
        }
        if (state.running().isEmpty()) {
            vacancy = Optional.of(new Vacancy(state.epoch().next(), sentAt));
        }
        state.running().filter(this::isMine).ifPresent(tenure -> extend(tenure, sentAt, state));
        look();
    }

    /** A Grant makes a lease of the report that was answered before it was applied. */
    private void countLeaseOfGrant(ClusterState state) {
        Optional<Vacancy> before = vacancy;
        if (before.isPresent() && state.running().isPresent()) {
            vacancy = Optional.empty();
            state.running()
                    .filter(this::isMine)
                    .filter(tenure -> tenure.epoch().equals(before.get().next()))
                    .ifPresent(tenure -> extend(tenure, before.get().sentAt(), state));
        }
    }

    private void extend(Tenure tenure, long sentAt, ClusterState state) {
        guard.extend(
                tenure.epoch(),
                world.decisions().leaseCountedFrom(sentAt, world.clock(node).reads())
                        + state.settings().lease().toNanos() / 1_000);
    }

    private boolean isMine(Tenure tenure) {
        return tenure.holder().node().equals(world.id(node))
                && world.database(node)
                        .disk
                        .incarnation
                        .equals(Optional.of(tenure.holder().incarnation()));
    }

    private void asked(int from, Report report, java.util.function.Consumer<ClusterState> answer) {
        RaftPeer raft = world.raft(node);
        if (!raft.leads() || lookout.isEmpty()) {
            return;
        }
        if (report.seen().server() instanceof Server.Primary primary
                && report.incarnation().isPresent()) {
            heardEnds.merge(primary.timeline(), primary.position(), Position::max);
        }
        lookout.get().received(report, raft.state(), world.clock(node).time());
        raft.query(state -> world.network().send(node, from, world.agent(from).process, () -> answer.accept(state)));
        coordinate();
    }

    // ---- on the Raft leader

    @Override
    public void becameLeader() {
        lookout = Optional.of(
                new Lookout(world.raft(node).state(), world.clock(node).time()));
        proposed = Optional.empty();
        heardEnds.clear();
        lead();
    }

    @Override
    public void lostLeadership() {
        lookout = Optional.empty();
        proposed = Optional.empty();
    }

    @Override
    public void applied(ClusterState state) {
        lookout.ifPresent(mine -> mine.applied(state, world.clock(node).time()));
        countLeaseOfGrant(state);
        look();
        process.in(0, this::coordinate);
    }

    /** How far this Raft leader, since it leads, was told by its primary that the log on {@code timeline} goes; empty when it never was. */
    Optional<Position> heardEnd(TimelineId timeline) {
        return Optional.ofNullable(heardEnds.get(timeline));
    }

    private void lead() {
        if (lookout.isPresent()) {
            Lookout mine = lookout.get();
            process.in(LEADER_TICK, () -> {
                if (lookout.equals(Optional.of(mine))) {
                    coordinate();
                    place();
                    lead();
                }
            });
        }
    }

    private void place() {
        LeadershipPlacement.better(
                        world.raft(node).state(),
                        lookout.orElseThrow().sightings(),
                        world.id(node),
                        world.clock(node).time())
                .ifPresent(better -> world.raft(node).handOver(world.indexOf(better)));
    }

    private void coordinate() {
        RaftPeer raft = world.raft(node);
        if (lookout.isEmpty() || !raft.isReady()) {
            return;
        }
        if (proposed.isPresent() && !raft.isDone(proposed.get())) {
            return;
        }
        ClusterState state = raft.state();
        Decision decision = world.decisions()
                .decide(state, lookout.get().sightings(), world.clock(node).time());
        world.coverage().rule(decision.rule());
        if (!decision.commands().isEmpty()) {
            propose(decision.commands(), decision.rule(), decision.reason());
            world.trace().decided(node, decision.rule(), decision.reason());
        } else if (!decision.rule().equals(lastDecision)) {
            world.trace().decided(node, decision.rule(), decision.reason());
        }
        lastDecision = decision.rule();
    }

    /** Proposes what an operator wants, if this is the Raft leader and nothing else is under way. */
    void operator(Command command) {
        RaftPeer raft = world.raft(node);
        if (raft.isReady() && (proposed.isEmpty() || raft.isDone(proposed.get()))) {
            propose(List.of(command), "operator", command.getClass().getSimpleName());
        }
    }

    private void propose(List<Command> commands, String rule, String reason) {
        RaftPeer raft = world.raft(node);
        Instant at = Instant.ofEpochMilli(world.agenda().now() / 1_000);
        Proposal proposal = new Proposal(raft.state().version(), commands, rule, reason, at);
        world.checks().proposed(node, proposal);
        proposed = Optional.of(raft.propose(proposal));
    }
}
