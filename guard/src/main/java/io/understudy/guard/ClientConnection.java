package io.understudy.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** One client as the guard sees it. Never blocks; a client that does not read its answers is dropped. Owned by the guard's main thread. */
final class ClientConnection {
    /** What may wait for a client that does not read. */
    static final int MAX_OUTBOX_BYTES = 16 * 1024;

    /** How many requests of one client are answered before the others have their turn. */
    static final int MAX_REQUESTS_A_TURN = 16;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final ByteBuffer incoming = ByteBuffer.allocate(Wire.HEADER_BYTES + Wire.MAX_FRAME_BYTES);
    private final Deque<ByteBuffer> outbox = new ArrayDeque<>();
    private int outboxBytes;
    private boolean greeted;
    private boolean closed;

    ClientConnection(SocketChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    /** Answers a request; runs on the main thread. */
    interface Handler {
        Reply handle(Request request);
    }

    boolean closed() {
        return closed;
    }

    /** Reads what is there. */
    void read() {
        try {
            if (channel.read(incoming) < 0) {
                close();
            }
        } catch (IOException broken) {
            close();
        }
    }

    /** Answers what was read. @return whether complete requests are left over for the next turn */
    boolean serve(Handler handler) {
        for (int served = 0; served < MAX_REQUESTS_A_TURN; served++) {
            if (closed || incoming.position() < Wire.HEADER_BYTES) {
                return false;
            }
            int length = incoming.getInt(0);
            if (length < Wire.shortestFrameBytes() || length > Wire.MAX_FRAME_BYTES) {
                refuseAndClose(
                        0,
                        length > Wire.MAX_FRAME_BYTES ? Refusal.OVERSIZED : Refusal.MALFORMED,
                        "A frame of " + length + " bytes was announced, expected " + Wire.shortestFrameBytes() + " to "
                                + Wire.MAX_FRAME_BYTES);
                return false;
            }
            if (incoming.position() < Wire.HEADER_BYTES + length) {
                return false;
            }
            ByteBuffer body = incoming.slice(Wire.HEADER_BYTES, length);
            serveOne(body, handler);
            incoming.flip().position(Wire.HEADER_BYTES + length);
            incoming.compact();
        }
        return !closed && incoming.position() >= Wire.HEADER_BYTES;
    }

    private void serveOne(ByteBuffer body, Handler handler) {
        Wire.Frame<Request> frame;
        try {
            frame = Wire.decodeRequest(body);
        } catch (Wire.MalformedException malformed) {
            refuseAndClose(0, Refusal.MALFORMED, "The request was not understood: " + malformed.getMessage());
            return;
        }
        if (frame.body() instanceof Request.Hello hello && hello.version() != Wire.VERSION) {
            refuseAndClose(
                    frame.id(),
                    Refusal.WRONG_VERSION,
                    "The client speaks version " + hello.version() + " of the guard's protocol, expected "
                            + Wire.VERSION);
            return;
        }
        greeted |= frame.body() instanceof Request.Hello;
        if (!greeted) {
            refuseAndClose(frame.id(), Refusal.MALFORMED, "The first request must be the greeting");
            return;
        }
        send(Wire.encode(frame.id(), handler.handle(frame.body())));
    }

    private void refuseAndClose(long id, Refusal refusal, String message) {
        send(Wire.encode(id, new Reply.Refused(refusal, message)));
        close();
    }

    /** An event for it, if it said who it is. */
    void push(ByteBuffer event) {
        if (greeted) {
            send(event.duplicate());
        }
    }

    private void send(ByteBuffer frame) {
        if (closed) {
            return;
        }
        outboxBytes += frame.remaining();
        outbox.add(frame);
        flush();
        if (outboxBytes > MAX_OUTBOX_BYTES) {
            close();
        }
    }

    /** Writes what the socket takes now. */
    void flush() {
        try {
            @Nullable ByteBuffer next;
            while (!closed && (next = outbox.peek()) != null) {
                outboxBytes -= channel.write(next);
                if (next.hasRemaining()) {
                    break;
                }
                outbox.remove();
            }
            if (!closed) {
                key.interestOps(SelectionKey.OP_READ | (outbox.isEmpty() ? 0 : SelectionKey.OP_WRITE));
            }
        } catch (IOException broken) {
            close();
        }
    }

    void close() {
        closed = true;
        key.cancel();
        try {
            channel.close();
        } catch (IOException ignored) {
            // The descriptor is released either way, and there is nobody left to tell.
        }
    }
}
