package io.understudy.benchmarks.router;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Answers like a PostgreSQL to which every query has one row, from buffers made before, so that nothing is allocated for an answer. It
 * is no database: what is measured is what stands in front of it.
 */
final class CannedServer implements AutoCloseable {
    private static final int HEADER_BYTES = 5;
    private static final int MOST_BYTES = 256 << 10;

    private static final ByteBuffer WELCOME = new Bytes()
            .authenticationOk()
            .parameter("server_version", "18.0")
            .parameter("in_hot_standby", "off")
            .backendKeyData()
            .ready()
            .said();
    private static final ByteBuffer QUERY =
            new Bytes().oneColumn().row((byte) '1').complete().ready().said();
    private static final ByteBuffer PARSED = new Bytes().empty('1').said();
    private static final ByteBuffer BOUND = new Bytes().empty('2').said();
    private static final ByteBuffer CLOSED = new Bytes().empty('3').said();
    private static final ByteBuffer STATEMENT =
            new Bytes().noParameters().oneColumn().said();
    private static final ByteBuffer PORTAL = new Bytes().oneColumn().said();
    private static final ByteBuffer EXECUTED =
            new Bytes().row((byte) '1').complete().said();
    private static final ByteBuffer READY = new Bytes().ready().said();
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final ServerSocketChannel listener;

    CannedServer() throws IOException {
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofPlatform().daemon().name("canned-server").start(this::listen);
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listener.getLocalAddress();
    }

    private void listen() {
        try {
            while (true) {
                SocketChannel socket = listener.accept();
                Thread.ofPlatform().daemon().name("canned-session").start(() -> serve(socket));
            }
        } catch (ClosedChannelException over) {
            return;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static void serve(SocketChannel socket) {
        try (socket) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            ByteBuffer in = ByteBuffer.allocateDirect(MOST_BYTES);
            ByteBuffer out = ByteBuffer.allocateDirect(MOST_BYTES);
            boolean started = false;
            while (socket.read(in) >= 0) {
                in.flip();
                if (!started && in.remaining() >= Integer.BYTES && in.remaining() >= in.getInt(in.position())) {
                    in.position(in.getInt(in.position()));
                    add(out, WELCOME);
                    started = true;
                }
                while (started && in.remaining() >= HEADER_BYTES) {
                    int next = in.position() + 1 + in.getInt(in.position() + 1);
                    if (next > in.limit()) {
                        break;
                    }
                    add(out, answer(in));
                    in.position(next);
                }
                in.compact();
                out.flip();
                while (out.hasRemaining()) {
                    socket.write(out);
                }
                out.clear();
            }
        } catch (IOException over) {
            // Whoever was connected sees it.
            return;
        }
    }

    private static ByteBuffer answer(ByteBuffer in) {
        return switch (in.get(in.position())) {
            case 'Q' -> QUERY;
            case 'P' -> PARSED;
            case 'B' -> BOUND;
            case 'C' -> CLOSED;
            case 'D' -> in.get(in.position() + HEADER_BYTES) == 'S' ? STATEMENT : PORTAL;
            case 'E' -> EXECUTED;
            case 'S' -> READY;
            default -> NOTHING;
        };
    }

    private static void add(ByteBuffer out, ByteBuffer answer) {
        out.put(out.position(), answer, 0, answer.limit()).position(out.position() + answer.limit());
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
