package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import io.understudy.protocol.postgres.BackendDecoder;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.FrontendMessage;
import io.understudy.protocol.postgres.MalformedMessageException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Messages over a socket, with a bound on every wait. Used by one thread; {@link #close} by any. */
final class Wire implements AutoCloseable {
    private static final int READ_BUFFER_BYTES = 128 << 10;

    /** How soon a waiting thread notices that it was interrupted. */
    private static final Duration INTERRUPT_CHECK = Duration.ofMillis(100);

    // A peer whose host vanished is noticed by the kernel in 11 s, whatever the bound on silence is.
    private static final int KEEPALIVE_IDLE_SECONDS = 5;
    private static final int KEEPALIVE_INTERVAL_SECONDS = 2;
    private static final int KEEPALIVE_PROBES = 3;

    private static final Logger log = LoggerFactory.getLogger(Wire.class);

    private final String peer;
    private final Socket socket;
    private final BackendDecoder decoder = new BackendDecoder();
    private final byte[] chunk = new byte[READ_BUFFER_BYTES];
    private ByteBuffer input = ByteBuffer.wrap(chunk, 0, 0);

    private Wire(String peer, Socket socket) {
        this.peer = peer;
        this.socket = socket;
    }

    static Wire connect(ReplicationSource source) throws ReplicationException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_INTERVAL_SECONDS);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_PROBES);
            socket.setSoTimeout(Math.toIntExact(INTERRUPT_CHECK.toMillis()));
            socket.connect(
                    new InetSocketAddress(source.host(), source.port()),
                    Math.toIntExact(source.connectTimeout().toMillis()));
            return new Wire(source.address(), socket);
        } catch (IOException | RuntimeException e) {
            closeQuietly(socket, e);
            throw new ReplicationException(
                    Kind.UNREACHABLE,
                    "no connection to PostgreSQL at %s within %s: %s; is it running, and does it listen on this address?"
                            .formatted(source.address(), source.connectTimeout(), e.getMessage()),
                    e);
        }
    }

    void send(FrontendMessage message) throws ReplicationException {
        ByteBuffer frame = message.encode();
        try {
            socket.getOutputStream().write(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** The next message, which must have arrived whole within {@code silence}. */
    BackendMessage receive(Duration silence) throws ReplicationException {
        long start = System.nanoTime();
        while (true) {
            Optional<BackendMessage> message = decode();
            if (message.isPresent()) {
                return message.get();
            }
            read(silence, start);
        }
    }

    private Optional<BackendMessage> decode() throws ReplicationException {
        try {
            return decoder.decode(input);
        } catch (MalformedMessageException e) {
            throw new ReplicationException(
                    Kind.PROTOCOL, "%s does not speak PostgreSQL's protocol: %s".formatted(peer, e.getMessage()), e);
        }
    }

    private void read(Duration silence, long start) throws ReplicationException {
        if (Thread.currentThread().isInterrupted()) {
            throw new ReplicationException(Kind.INTERRUPTED, "interrupted while waiting for " + peer);
        }
        try {
            int count = socket.getInputStream().read(chunk);
            if (count < 0) {
                throw new ReplicationException(
                        Kind.CONNECTION_LOST,
                        "%s closed the connection before it finished; see its log for the reason".formatted(peer));
            }
            input = ByteBuffer.wrap(chunk, 0, count);
        } catch (SocketTimeoutException e) {
            if (System.nanoTime() - start >= silence.toNanos()) {
                throw new ReplicationException(
                        Kind.TIMED_OUT,
                        "%s sent no message for %s; it may be stopped, cut off or overloaded".formatted(peer, silence));
            }
        } catch (ReplicationException e) {
            throw e;
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private ReplicationException lost(IOException e) {
        if (Thread.currentThread().isInterrupted()) {
            return new ReplicationException(Kind.INTERRUPTED, "interrupted while talking to " + peer, e);
        }
        return new ReplicationException(
                Kind.CONNECTION_LOST, "the connection to %s was lost: %s".formatted(peer, e.getMessage()), e);
    }

    private static void closeQuietly(Socket socket, Exception because) {
        try {
            socket.close();
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // The descriptor is gone all the same, and what was to be read was read.
            log.debug("closing the connection to {}", peer, e);
        }
    }
}
