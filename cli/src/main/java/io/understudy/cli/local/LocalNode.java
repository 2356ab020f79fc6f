package io.understudy.cli.local;

import io.understudy.cli.api.AgentClient;
import io.understudy.cli.node.NodeFile;
import io.understudy.core.cluster.NodeId;
import io.understudy.guard.SeenProcess;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** One node: its agent's process, and whatever that started. Not thread-safe. */
public final class LocalNode {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(50);

    /** Out of memory, and 128 and the signal: ABRT, BUS, FPE, SEGV. */
    private static final Set<Integer> OWN_FAULT = Set.of(3, 134, 135, 136, 139);

    private final NodeFile file;
    private final LocalDirectory directory;
    private final Network network;
    private final AgentClient agent;
    private final Map<Long, SeenProcess> seen = new TreeMap<>();
    private final List<Integer> crashes = new ArrayList<>();
    private Optional<Process> started = Optional.empty();
    private Optional<Path> recording = Optional.empty();
    private List<String> jvmOptions = List.of();

    public LocalNode(NodeFile file, LocalDirectory directory, Network network) {
        this.file = file;
        this.directory = directory;
        this.network = network;
        this.agent = new AgentClient(file.own().api(), PATIENCE);
    }

    public NodeId id() {
        return file.node();
    }

    public NodeFile.Addresses addresses() {
        return file.own();
    }

    public AgentClient agent() {
        return agent;
    }

    public Path log() {
        return file.directory().resolve("agent.log");
    }

    /** Starts the agent, as an init system would. */
    public void start() throws IOException {
        Files.createDirectories(file.directory());
        Path nodeFile = file.directory().resolve("node.properties");
        file.write(nodeFile);
        List<String> main = List.of("io.understudy.cli.Understudy", "run", "--node-file", nodeFile.toString());
        List<String> command = recording
                .map(record -> AgentJvm.recording(record, main))
                .orElseGet(() -> AgentJvm.usual(jvmOptions, main));
        ProcessBuilder builder = new ProcessBuilder(network.on(id(), command))
                .redirectInput(Redirect.from(new File("/dev/null")))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log().toFile()));
        builder.environment().put(NodeProcesses.MARK, file.directory().toString());
        noteCrash();
        started = Optional.of(builder.start());
        directory.notePid("agent of " + id(), started.orElseThrow().pid());
    }

    /**
     * The statuses of agents that ended since this was asked last in a way in which no agent may end: Java was out of memory, or crashed.
     */
    public List<Integer> takeCrashes() {
        noteCrash();
        List<Integer> taken = List.copyOf(crashes);
        crashes.clear();
        return taken;
    }

    private void noteCrash() {
        if (started.filter(agent -> !agent.isAlive()).isPresent()) {
            started.map(Process::exitValue).filter(OWN_FAULT::contains).ifPresent(crashes::add);
            started = Optional.empty();
        }
    }

    /** What runs now. */
    public NodeProcesses processes() throws IOException {
        NodeProcesses found = NodeProcesses.of(file.directory());
        for (long pid : found.all()) {
            Optional<SeenProcess> process = SeenProcess.of(pid);
            if (process.isPresent() && !process.get().equals(seen.put(pid, process.get()))) {
                directory.notePid("process of " + id(), pid);
            }
        }
        return found;
    }

    /** Every process of it that was ever seen; of several with one id the last. */
    public List<SeenProcess> everSeen() {
        return List.copyOf(seen.values());
    }

    /** Kills every process of the database server, all at once. */
    public void killServer() throws IOException {
        killAll(() -> processes().servers());
    }

    /** Kills agent, guard and server, all at once, as a power cut would. */
    public void killEverything() throws IOException {
        killAll(() -> processes().all());
    }

    /** Kills the agent alone. */
    public void killAgent() throws IOException {
        Signals.KILL.send(agents());
    }

    /** Kills what is to outlive an agent, and nothing else. */
    public void killGuard() throws IOException {
        Set<Long> guards = new TreeSet<>(processes().supervisors());
        guards.removeAll(agents());
        Signals.KILL.send(guards);
    }

    /** Whether an agent of it runs, or stands still. */
    public boolean hasAgent() throws IOException {
        return !agents().isEmpty();
    }

    /** Stops the agent alone where it is, until {@link #resumeEverything}. */
    public void stopAgent() throws IOException {
        repeat(() -> new TreeSet<>(agents()), Signals.STOP);
    }

    /** Stops every process of the database server where it is, until {@link #resumeEverything}. */
    public void stopServer() throws IOException {
        repeat(() -> processes().servers(), Signals.STOP);
    }

    /** Stops the server's first process alone: its sessions go on. */
    public void stopPostmaster() throws IOException {
        Signals.STOP.send(processes().servers().stream().limit(1).toList());
    }

    /** Its next agents write down at their end which classes they used. */
    public void record(Path record) {
        recording = Optional.of(record);
    }

    /** Its next agents' JVMs get these options too, instead of those of an earlier call. */
    public void jvmOptions(List<String> options) {
        jvmOptions = List.copyOf(options);
    }

    /** Tells the agent to end; its server goes on. One that was stopped ends when it is resumed. */
    public void tellAgentToEnd() throws IOException {
        Signals.TERMINATE.send(agents());
    }

    /** Tells the agent to end, and waits; its server goes on. Returns whether it ended in time. */
    public boolean endAgent(Duration limit) throws IOException, InterruptedException {
        tellAgentToEnd();
        long deadline = System.nanoTime() + limit.toNanos();
        while (!agents().isEmpty()) {
            if (deadline - System.nanoTime() < 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
        return true;
    }

    /** The agent, if one runs or stands still; two while one takes the other's place. */
    public List<Long> agentPids() throws IOException {
        return agents();
    }

    private List<Long> agents() throws IOException {
        List<Long> agents = new ArrayList<>();
        for (long pid : processes().supervisors()) {
            if (runsVerb(pid)) {
                agents.add(pid);
            }
        }
        return agents;
    }

    /** Stops everything where it is, until {@link #resumeEverything}. */
    public void stopEverything() throws IOException {
        repeat(() -> processes().all(), Signals.STOP);
    }

    public void resumeEverything() throws IOException {
        Signals.RESUME.send(processes().all());
    }

    private void killAll(Look look) throws IOException {
        // Stopped first: nobody notices another's end and acts on it.
        repeat(look, Signals.STOP);
        repeat(look, Signals.KILL);
    }

    /** Sends until a look finds nobody new: a process may have been started during the look. */
    private static void repeat(Look look, Signals signal) throws IOException {
        Set<Long> done = new TreeSet<>();
        Set<Long> found = look.pids();
        while (!done.containsAll(found)) {
            signal.send(found);
            done.addAll(found);
            found = look.pids();
        }
    }

    /** Finds processes. */
    private interface Look {
        Set<Long> pids() throws IOException;
    }

    private static boolean runsVerb(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .contains("\0run\0--node-file\0");
        } catch (IOException gone) {
            return false;
        }
    }
}
