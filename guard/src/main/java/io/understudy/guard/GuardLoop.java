package io.understudy.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The guard's one loop: whether the deadline passed comes before everything else in every turn, so that a renewal that arrived while the whole
 * machine stood still cannot rescue a lease that ended. Everything here belongs to the thread that calls {@link #prepare} and {@link #run}, except
 * {@link #terminate}.
 */
final class GuardLoop {
    /** The most clients at a time; further ones are closed at once. */
    static final int MAX_CLIENTS = 16;

    /** While armed the clocks are compared at least this often, for a machine's suspension stops the wait for the deadline as well. */
    private static final Duration CLOCK_CHECK = Duration.ofMillis(250);

    private static final Duration KILL_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    private static final Duration TERMINATION = Duration.ofSeconds(10);
    private static final Duration REHEARSAL = Duration.ofSeconds(10);

    private final Libc libc;
    private final GuardSocket socket;
    private final Duration idle;
    private final Selector selector;
    private final ServerTree tree;
    private final ChildWatcher watcher;
    private final Journal journal = new Journal();
    private final Deadline deadline = new Deadline();
    private final List<ClientConnection> clients = new ArrayList<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean terminating;

    private long before;
    private long boot;
    private long after;
    private boolean exitAsked;
    private boolean requestsLeft;
    private boolean exitReported = true;
    private boolean goneReported = true;
    private long idleSince = System.nanoTime();
    private long fences;
    private long fenceStart;
    private @Nullable Fence lastFence;
    private boolean fencing;

    GuardLoop(Libc libc, GuardSocket socket, Duration idle) throws IOException {
        this.libc = libc;
        this.socket = socket;
        this.idle = idle;
        this.selector = Selector.open();
        this.tree = new ServerTree(libc);
        this.watcher = new ChildWatcher(selector::wakeup);
    }

    /**
     * Makes the process fit: adopts orphans, asks the OOM killer to spare it, kills a small tree of its own once, so that all code needed later was
     * loaded and this machine has shown that it can be done, and keeps the touched pages in memory.
     */
    void prepare() throws IOException {
        if (libc.becomeSubreaper() != 0) {
            throw new IOException("prctl(PR_SET_CHILD_SUBREAPER) failed with error number " + libc.errno()
                    + ": Linux 3.4 or newer is needed");
        }
        boolean spared = spareFromOomKiller();
        rehearse();
        boolean kept = libc.keepTouchedPages() == 0;
        journal.start();
        watcher.start();
        journal.note("listening on " + socket.path() + (spared ? "" : "; not spared by the OOM killer (not permitted)")
                + (kept ? "" : "; memory not locked (not permitted)"));
    }

    private static boolean spareFromOomKiller() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "-1000");
            return true;
        } catch (IOException notPermitted) {
            return false;
        }
    }

    private void rehearse() throws IOException {
        ServerCommand command = ServerCommand.of(
                List.of("/bin/sh", "-c", "sleep 60 & sleep 60 & exec sleep 60"), Path.of("/"), Path.of("/dev/null"));
        try {
            tree.start(command);
        } catch (Spawner.RefusedException refused) {
            throw new IOException("A trial process could not be started: " + refused.getMessage(), refused);
        }
        readClocks();
        deadline.passed(before, boot, after);
        long end = after + REHEARSAL.toNanos();
        tree.kill();
        while (!tree.gone() && libc.monotonicNanos() - end < 0) {
            libc.sleepNanos(KILL_PAUSE.toNanos());
            tree.killPass();
        }
        if (!tree.gone()) {
            throw new IOException("A trial tree of processes could not be killed within " + REHEARSAL
                    + ": is /proc mounted, with CONFIG_PROC_CHILDREN?");
        }
        tree.forget();
        Wire.encode(new GuardEvent.Fenced(new Fence(0, Fence.Cause.DEADLINE, 0, 0, OptionalLong.empty())));
    }

    /** Serves until asked to end. @return the exit status */
    int run() {
        try {
            socket.channel().configureBlocking(false);
            socket.channel().register(selector, SelectionKey.OP_ACCEPT);
            while (!over()) {
                turn();
            }
            journal.note("ending: " + (exitAsked ? "asked to" : terminating ? "terminated" : "idle"));
            return GuardMain.ENDED;
        } catch (IOException | RuntimeException | Error failed) {
            // An unguarded server must not stay: when this thread ends the kernel kills its first process, but not the
            // others.
            endServer();
            System.err.println("The guard failed and killed the server: " + failed);
            return GuardMain.FAILED;
        } finally {
            finished.countDown();
        }
    }

    private void endServer() {
        tree.kill();
        while (!tree.gone()) {
            libc.sleepNanos(KILL_PAUSE.toNanos());
            tree.killPass();
        }
    }

    /** Kills the server and ends the loop; called by the JVM's shutdown on a signal. */
    void terminate() {
        terminating = true;
        selector.wakeup();
        try {
            finished.await(TERMINATION.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean over() {
        if (terminating && !tree.gone()) {
            return false;
        }
        boolean idleTooLong = clients.isEmpty() && tree.gone() && System.nanoTime() - idleSince > idle.toNanos();
        return terminating || exitAsked || idleTooLong;
    }

    private void turn() throws IOException {
        long wait = waitMillis();
        if (wait > 0) {
            selector.select(wait);
        } else {
            selector.selectNow();
        }
        enforceDeadline();
        if (terminating && !tree.killing()) {
            tree.kill();
        }
        followServer();
        serveClients();
    }

    private long waitMillis() {
        if (requestsLeft || unreported()) {
            return 0;
        }
        if (!tree.gone() && (tree.killing() || terminating)) {
            return KILL_PAUSE.toMillis();
        }
        long nanos = Math.min(idle.toNanos() + 1, LONGEST_WAIT.toNanos());
        if (deadline.armed()) {
            nanos = Math.min(CLOCK_CHECK.toNanos(), deadline.deadlineNanos() - libc.monotonicNanos());
        }
        // Rounded up: a wait that ends before the deadline would only be repeated.
        return Math.ceilDiv(nanos, 1_000_000L);
    }

    private void readClocks() {
        before = libc.monotonicNanos();
        boot = libc.bootNanos();
        after = libc.monotonicNanos();
    }

    private void enforceDeadline() {
        readClocks();
        Fence.Cause cause = deadline.passed(before, boot, after);
        if (cause == null) {
            return;
        }
        if (!tree.gone()) {
            tree.kill();
            fenceStart = cause == Fence.Cause.DEADLINE ? deadline.deadlineNanos() : after;
            fencing = true;
            fences++;
            Fence fence = new Fence(
                    deadline.epoch(),
                    cause,
                    deadline.deadlineNanos(),
                    libc.monotonicNanos() - fenceStart,
                    OptionalLong.empty());
            lastFence = fence;
            publish(new GuardEvent.Fenced(fence));
        }
        deadline.spend();
    }

    /** Reaps, goes on killing, and reports what changed. */
    private void followServer() {
        tree.reap();
        if (tree.killing()) {
            tree.killPass();
        }
        watcher.resume();
        ServerExit exit = tree.exit();
        if (exit == null) {
            return;
        }
        if (!exitReported) {
            exitReported = true;
            publish(new GuardEvent.ServerExited(tree.pid(), exit));
        }
        if (tree.gone() && !goneReported) {
            goneReported = true;
            idleSince = System.nanoTime();
            if (fencing && lastFence != null) {
                lastFence = lastFence.gone(libc.monotonicNanos() - fenceStart);
                fencing = false;
            }
            publish(new GuardEvent.AllGone(tree.pid(), exit));
        }
    }

    /** Whether the server ended while requests were answered: nothing else would wake the loop then. */
    private boolean unreported() {
        return (tree.exit() != null && !exitReported) || (tree.gone() && !goneReported);
    }

    private void publish(GuardEvent event) {
        journal.note(event.toString());
        ByteBuffer frame = Wire.encode(event);
        for (ClientConnection client : clients) {
            client.push(frame);
        }
    }

    private void serveClients() {
        if (selector.selectedKeys().remove(socket.channel().keyFor(selector))) {
            accept();
        }
        for (SelectionKey key : selector.selectedKeys()) {
            ClientConnection client = (ClientConnection) key.attachment();
            if (key.isValid() && key.isWritable()) {
                client.flush();
            }
            if (key.isValid() && key.isReadable()) {
                client.read();
            }
        }
        selector.selectedKeys().clear();
        requestsLeft = false;
        for (ClientConnection client : clients) {
            requestsLeft |= serve(client);
        }
        if (clients.removeIf(ClientConnection::closed)) {
            idleSince = System.nanoTime();
        }
    }

    private boolean serve(ClientConnection client) {
        try {
            return client.serve(this::answer);
        } catch (RuntimeException unexpected) {
            // A request nobody foresaw must cost its sender the connection, not everybody the server.
            journal.note("a client was dropped for a request that failed: " + unexpected);
            client.close();
            return false;
        }
    }

    private void accept() {
        try {
            SocketChannel channel = socket.channel().accept();
            if (channel == null) {
                return;
            }
            if (clients.size() >= MAX_CLIENTS) {
                journal.note("a client was turned away: " + MAX_CLIENTS + " are connected");
                channel.close();
                return;
            }
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            ClientConnection client = new ClientConnection(channel, key);
            key.attach(client);
            clients.add(client);
        } catch (IOException failed) {
            journal.note("a client could not be accepted: " + failed);
        }
    }

    private Reply answer(Request request) {
        // Each answer may have taken time, so the deadline comes first here too.
        enforceDeadline();
        return switch (request) {
            case Request.Hello it ->
                new Reply.Welcome(Wire.VERSION, ProcessHandle.current().pid(), libc.monotonicNanos());
            case Request.Start it -> start(it.command());
            case Request.Signal it -> reply(tree.signal(it.signal()));
            case Request.SignalChild it -> reply(tree.signalChild(it.pid(), it.signal()));
            case Request.Kill it -> kill();
            case Request.Arm it -> reply(deadline.arm(it.epoch(), it.deadlineNanos(), before, boot));
            case Request.Extend it -> reply(deadline.extend(it.epoch(), it.deadlineNanos(), after));
            case Request.Shorten it -> reply(deadline.shorten(it.epoch(), it.deadlineNanos(), after));
            case Request.Disarm it -> reply(deadline.disarm(it.epoch()));
            case Request.Status it -> new Reply.StatusIs(status());
            case Request.Exit it -> exit();
        };
    }

    private static Reply reply(Reply.@Nullable Refused refused) {
        return refused == null ? new Reply.Done() : refused;
    }

    private Reply start(ServerCommand command) {
        if (terminating) {
            return new Reply.Refused(Refusal.START_FAILED, "The guard is ending");
        }
        try {
            int pid = tree.start(command);
            exitReported = false;
            goneReported = false;
            watcher.resume();
            journal.note("started " + command + " as pid " + pid);
            return new Reply.Started(pid);
        } catch (Spawner.RefusedException refused) {
            return new Reply.Refused(refused.refusal, String.valueOf(refused.getMessage()));
        }
    }

    private Reply kill() {
        journal.note("killing the server, asked to");
        tree.kill();
        return new Reply.Done();
    }

    private Reply exit() {
        if (!tree.gone()) {
            return new Reply.Refused(
                    Refusal.SERVER_RUNNING,
                    "The guard stays while the server does: " + tree.state() + "; stop it and wait until it is gone");
        }
        exitAsked = true;
        return new Reply.Done();
    }

    private GuardStatus status() {
        GuardStatus.Arming armed =
                deadline.armed() ? new GuardStatus.Arming(deadline.epoch(), deadline.deadlineNanos()) : null;
        return new GuardStatus(ProcessHandle.current().pid(), tree.state(), armed, fences, lastFence);
    }
}
