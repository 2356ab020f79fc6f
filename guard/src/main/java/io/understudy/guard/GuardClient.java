package io.understudy.guard;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a guard, for any number of threads. Every request waits for the guard's answer, at most the time given to {@link #connect};
 * after that it fails and whether the guard did it is not known: ask {@link #status}. Closing, or losing the connection, changes nothing in the
 * guard: a deadline that is armed stays armed. A connection that ended stays ended; connecting again is the caller's decision.
 *
 * <p>Every request throws {@link GuardRefusedException} when the guard answers that it will not, and another {@link IOException} when there
 * was no answer.
 */
public final class GuardClient implements AutoCloseable {
    /** The most requests that may wait for being sent; more fail at once. */
    private static final int MAX_QUEUED_REQUESTS = 64;

    private final SocketChannel channel;
    private final GuardListener listener;
    private final Duration patience;
    private final BlockingQueue<ByteBuffer> outgoing = new ArrayBlockingQueue<>(MAX_QUEUED_REQUESTS);
    private final Map<Long, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong nextId = new AtomicLong(1);
    private final AtomicReference<@Nullable String> ended = new AtomicReference<>();
    private final Thread writer;
    private volatile long guardPid;

    private GuardClient(SocketChannel channel, GuardListener listener, Duration patience) {
        this.channel = channel;
        this.listener = listener;
        this.patience = patience;
        this.writer = Thread.ofVirtual().name("guard-client-writer").unstarted(this::write);
    }

    /**
     * Connects to the guard that listens on this socket.
     *
     * @param patience how long each request, and the greeting, may take
     * @throws IOException when nobody listens there, it is no guard of this version, or it does not share this process's monotonic clock
     */
    public static GuardClient connect(Path socket, GuardListener listener, Duration patience) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException | RuntimeException failed) {
            channel.close();
            throw failed;
        }
        GuardClient client = new GuardClient(channel, listener, patience);
        client.writer.start();
        Thread.ofVirtual().name("guard-client-reader").start(client::read);
        try {
            client.greet();
        } catch (IOException | RuntimeException failed) {
            client.end("the greeting failed: " + failed.getMessage());
            throw failed;
        }
        return client;
    }

    private void greet() throws IOException {
        long before = System.nanoTime();
        Reply.Welcome welcome = ask(new Request.Hello(Wire.VERSION), Reply.Welcome.class);
        long after = System.nanoTime();
        if (welcome.nanoTime() - before < 0 || after - welcome.nanoTime() < 0) {
            throw new IOException("The guard (pid " + welcome.guardPid() + ") reads " + welcome.nanoTime()
                    + " ns from its monotonic clock, expected between " + before + " and " + after
                    + ": both processes must run in the same time namespace");
        }
        guardPid = welcome.guardPid();
    }

    /** The guard's own process. */
    public long guardPid() {
        return guardPid;
    }

    /** Whether requests can still be sent; false as soon as the end was noticed. */
    public boolean connected() {
        return ended.get() == null;
    }

    /** What the guard knows now. */
    public GuardStatus status() throws IOException {
        return ask(new Request.Status(), Reply.StatusIs.class).status();
    }

    /**
     * Starts the server. It counts as running from then on; whether it is ready for its own clients only it can tell.
     *
     * @return the process that becomes the server's first one
     */
    public long start(ServerCommand command) throws IOException {
        return ask(new Request.Start(command), Reply.Started.class).pid();
    }

    /** Sends a signal to the server's first process; returns once it was sent. */
    public void signal(ServerSignal signal) throws IOException {
        ask(new Request.Signal(signal), Reply.Done.class);
    }

    /** Sends a signal to one other process of the server; refused unless that process descends from it. */
    public void signalChild(long pid, ChildSignal signal) throws IOException {
        ask(new Request.SignalChild(pid, signal), Reply.Done.class);
    }

    /**
     * Kills the whole server now, in the order of a fence. On return every process of it had its SIGKILL, so nothing more is acknowledged;
     * {@link GuardEvent.AllGone} follows when none is left. Does nothing when there is no server.
     */
    public void kill() throws IOException {
        ask(new Request.Kill(), Reply.Done.class);
    }

    /**
     * Sets the deadline of this epoch: when it passes, the server is killed. Replaces a lower epoch's deadline. Arming the epoch that is armed
     * already is {@link #extend}.
     *
     * @param deadlineNanos in {@link System#nanoTime} of this machine, counted from before the renewal was sent
     */
    public void arm(long epoch, long deadlineNanos) throws IOException {
        ask(new Request.Arm(epoch, deadlineNanos), Reply.Done.class);
    }

    /** Moves the armed deadline of this epoch later. */
    public void extend(long epoch, long deadlineNanos) throws IOException {
        ask(new Request.Extend(epoch, deadlineNanos), Reply.Done.class);
    }

    /** Moves the armed deadline of this epoch earlier (or later). */
    public void shorten(long epoch, long deadlineNanos) throws IOException {
        ask(new Request.Shorten(epoch, deadlineNanos), Reply.Done.class);
    }

    /** Removes the deadline of this epoch; the last step of anything. */
    public void disarm(long epoch) throws IOException {
        ask(new Request.Disarm(epoch), Reply.Done.class);
    }

    /** Ends the guard; refused while any process of the server is left. */
    public void exit() throws IOException {
        ask(new Request.Exit(), Reply.Done.class);
    }

    /** Ends this connection and nothing else. */
    @Override
    public void close() {
        end("closed by this side");
    }

    private <R extends Reply> R ask(Request request, Class<R> expected) throws IOException {
        long id = nextId.getAndIncrement();
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        try {
            if (ended.get() != null) {
                throw new EOFException("The connection to the guard ended: " + endReason());
            }
            if (!outgoing.offer(Wire.encode(id, request))) {
                throw new IOException("More than " + MAX_QUEUED_REQUESTS + " requests wait for the guard (pid "
                        + guardPid + "): is it stopped?");
            }
            Reply reply = answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (reply instanceof Reply.Refused refused) {
                throw new GuardRefusedException(refused.refusal(), refused.message());
            }
            return expected.cast(reply);
        } catch (TimeoutException late) {
            throw new IOException(
                    "The guard (pid " + guardPid + ") did not answer " + request + " within " + patience, late);
        } catch (ExecutionException lost) {
            throw new IOException("The connection to the guard ended: " + endReason(), lost.getCause());
        } catch (ClassCastException other) {
            throw new IOException("The guard answered " + request + " with something else", other);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the guard to answer " + request);
        } finally {
            waiting.remove(id);
        }
    }

    private String endReason() {
        return String.valueOf(ended.get());
    }

    private void write() {
        try {
            while (ended.get() == null) {
                ByteBuffer frame = outgoing.take();
                while (frame.hasRemaining()) {
                    channel.write(frame);
                }
            }
        } catch (InterruptedException stopped) {
            // end() interrupts this thread to stop it.
        } catch (IOException broken) {
            end("writing failed: " + broken.getMessage());
        }
    }

    private void read() {
        try {
            ByteBuffer header = ByteBuffer.allocate(Wire.HEADER_BYTES);
            while (true) {
                fill(header.clear());
                int length = header.getInt(0);
                if (length < Wire.shortestFrameBytes() || length > Wire.MAX_FRAME_BYTES) {
                    throw new IOException("a frame of " + length + " bytes");
                }
                ByteBuffer body = ByteBuffer.allocate(length);
                fill(body);
                deliver(Wire.decodeAnswer(body.flip()));
            }
        } catch (IOException | Wire.MalformedException broken) {
            end(String.valueOf(broken.getMessage()));
        } catch (RuntimeException thrown) {
            end("the listener threw " + thrown);
        } finally {
            waiting.values().forEach(answer -> answer.completeExceptionally(new EOFException(endReason())));
            listener.onDisconnected(endReason());
        }
    }

    private void fill(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the guard closed the connection");
            }
        }
    }

    private void deliver(Wire.Frame<Object> frame) {
        if (frame.body() instanceof GuardEvent event) {
            listener.onEvent(event);
        } else if (frame.body() instanceof Reply reply) {
            CompletableFuture<Reply> answer = waiting.get(frame.id());
            if (answer != null) {
                answer.complete(reply);
            }
        }
    }

    private void end(String reason) {
        if (!ended.compareAndSet(null, reason)) {
            return;
        }
        writer.interrupt();
        try {
            channel.close();
        } catch (IOException ignored) {
            // Nothing is left to be lost: every request was answered or fails with the reason given.
        }
        waiting.values().forEach(answer -> answer.completeExceptionally(new EOFException(reason)));
    }
}
