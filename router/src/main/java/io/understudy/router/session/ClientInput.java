package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends: taken message by message, held while its session waits for something, and passed to its server connection, of
 * which only headers and names are looked at. Owned by the event loop.
 */
final class ClientInput {
    private static final int HEADER_BYTES = FrontMessages.HEADER_BYTES;

    /** More than this in hand while waiting, and the client is read no further. */
    private static final int MOST_HELD_BYTES = 64 << 10;

    /** Whoever has no more than this here stays when there is too much of all. */
    private static final int LITTLE_BYTES = 64 << 10;

    /** Whoever stops in the middle of a message keeps its server connection no longer than this. */
    private static final Duration STALL_LIMIT = Duration.ofSeconds(60);

    private final ClientSession session;
    private final RouterState state;
    private final Held held;
    private @Nullable Problem refusal;
    private long bodyLeft;
    private long stalledSince;
    private int counted;
    private boolean bodyPassed;
    private boolean batchOpen;
    private boolean copying;
    private boolean forgetting;
    private boolean taking;

    ClientInput(ClientSession session, RouterState state) {
        this.session = session;
        this.state = state;
        this.held = new Held(session.channel());
    }

    /** What came together with the log-in. */
    void early(ByteBuf bytes) {
        held.keep(bytes, bytes.readerIndex());
    }

    void read(ByteBuf more) {
        consume(held.join(more));
    }

    /** Goes on with what is held. */
    void resume() {
        if (taking || session.phase() == Phase.GONE) {
            return;
        }
        ByteBuf more = held.take();
        if (more != null) {
            consume(more);
            session.flushBoth();
        }
        session.readOn();
    }

    /** Whether as much is held as may be. */
    boolean isFull() {
        return session.phase().isHolding() && held.size() > MOST_HELD_BYTES;
    }

    boolean isHolding() {
        return !held.isEmpty();
    }

    void discard() {
        if (!taking) {
            held.discard();
            count();
        }
    }

    /** Whether a part of a message went to the server, which takes whatever comes next for the rest of it. */
    boolean isWithinPassed() {
        return bodyLeft > 0 && bodyPassed;
    }

    /** Whether a message or a batch of extended messages is not at its end. */
    boolean isUnderWay() {
        return bodyLeft > 0 || batchOpen;
    }

    boolean isBatchOpen() {
        return batchOpen;
    }

    /** Whether the server takes copied data from the client. */
    boolean isCopying() {
        return copying;
    }

    void copyBegan() {
        copying = true;
    }

    void copyEnded() {
        copying = false;
    }

    /** A simple query or a function call ends what extended messages began. */
    void batchEnded() {
        batchOpen = false;
    }

    /** A statement of the batch makes the session forget prepared ones: what follows the batch may name them anew. */
    void batchForgets() {
        forgetting = true;
    }

    /** The server connection is gone: what is left of a message goes nowhere. */
    void serverIsGone() {
        bodyPassed = false;
        batchOpen = false;
        copying = false;
        forgetting = false;
    }

    /** The next request is answered with an error. */
    void refuseNext(@Nullable Problem problem) {
        refusal = problem;
    }

    /** Whether the client began a message long ago, and could have gone on. */
    boolean isStalled(long now) {
        return (isWithinPassed() || (isHolding() && !session.phase().isHolding()))
                && now - stalledSince > STALL_LIMIT.toNanos()
                && session.channel().config().isAutoRead();
    }

    private void consume(ByteBuf in) {
        int at = in.readerIndex();
        taking = true;
        try {
            at = take(in, at);
        } catch (ProtocolViolationException broken) {
            at = in.writerIndex();
            session.settleBoth();
            session.end(Problem.fatal(
                    "08P01",
                    String.valueOf(broken.getMessage()),
                    "",
                    "the client does not speak the protocol correctly"));
        } catch (RuntimeException failed) {
            at = in.writerIndex();
            state.log()
                    .error("A session of {} ends: the router failed at what its client sent", session.pool(), failed);
            session.giveUp();
        } finally {
            taking = false;
        }
        session.settleBoth();
        if (session.phase() == Phase.GONE) {
            in.release();
        } else {
            held.keep(in, at);
        }
        if (isWithinPassed() || isHolding()) {
            stalledSince = System.nanoTime();
        }
        count();
    }

    /** What all clients have sent and the router holds is bounded together. */
    private void count() {
        int now = session.phase() == Phase.GONE ? 0 : held.size();
        if (now == counted) {
            return;
        }
        boolean fits = state.holds(now - counted);
        counted = now;
        if (!fits && now > LITTLE_BYTES) {
            session.end(Problem.fatal(
                    "53200",
                    "out of memory for messages of clients",
                    "all clients together have sent %d bytes that wait for the rest of a message or for a server"
                            .formatted(state.heldBytes()),
                    "send smaller messages, or fewer clients at a time"));
        }
    }

    /** Takes messages from {@code begin} on; returns the index of the first byte that is to be held. */
    private int take(ByteBuf in, int begin) {
        int at = begin;
        int end = in.writerIndex();
        while (at < end && session.phase() != Phase.GONE) {
            if (bodyLeft > 0) {
                at = goOn(in, at, end);
                continue;
            }
            if (session.phase() == Phase.LEAVING) {
                return end;
            }
            if (session.phase().isHolding() || end - at < HEADER_BYTES) {
                break;
            }
            byte type = in.getByte(at);
            int length = in.getInt(at + 1);
            FrontMessages.check(type, length);
            long next = (long) at + 1 + length;
            if (session.phase() == Phase.SKIPPING) {
                skip(type);
                at = leaveOut(at, next, end);
                continue;
            }
            if (next > end && !FrontMessages.isEnough(in, at, end, type, length)) {
                break;
            }
            if (type != 'X' && session.waitsForResume()) {
                break;
            }
            ServerConnection to = session.server() == null ? obtainServer(type) : session.server();
            if (session.phase().isHolding()) {
                break;
            }
            if (to == null) {
                at = leaveOut(at, next, end);
                continue;
            }
            if (!forward(to, in, at, type, length, next, end)) {
                break;
            }
            session.pool().figures().clientMessages++;
            int stop = (int) Math.min(next, end);
            bodyLeft = next - stop;
            at = stop;
        }
        return at;
    }

    private int goOn(ByteBuf in, int at, int end) {
        int count = (int) Math.min(bodyLeft, end - at);
        ServerConnection to = session.server();
        if (bodyPassed && to != null) {
            to.out().pass(in, at, at + count);
        }
        bodyLeft -= count;
        if (bodyLeft == 0) {
            session.use().giveBackIfDone();
        }
        return at + count;
    }

    /** What is left of a message goes nowhere. */
    private int leaveOut(int at, long next, int end) {
        int stop = (int) Math.min(next, end);
        bodyLeft = next - stop;
        bodyPassed = false;
        return Math.max(at, stop);
    }

    private void skip(byte type) {
        if (type == 'S') {
            Messages.readyForQuery(session.out().piece(), (byte) 'I');
            session.skipped();
        } else if (type == 'X') {
            session.leave();
        }
    }

    /** The server connection for a message of this type; null when it needs none, or there is none. */
    private @Nullable ServerConnection obtainServer(byte type) {
        switch (type) {
            case 'X' -> {
                session.leave();
                return null;
            }
            case 'S' -> {
                Messages.readyForQuery(session.out().piece(), (byte) 'I');
                return null;
            }
            // A copy that failed goes on for a while on the client's side.
            case 'H', 'd', 'c', 'f' -> {
                return null;
            }
            default -> {}
        }
        if (!refused(type)) {
            session.use().waitForServer();
            // It may be said at once that there will be none.
            refused(type);
        }
        return session.phase() == Phase.ACTIVE ? session.server() : null;
    }

    private boolean refused(byte type) {
        Problem told = refusal;
        if (told == null) {
            return false;
        }
        refusal = null;
        Messages.error(session.out().piece(), told);
        if (type == 'Q' || type == 'F') {
            Messages.readyForQuery(session.out().piece(), (byte) 'I');
        } else {
            session.skip();
        }
        return true;
    }

    /** Sends a message, or what is there of it; returns false when the client's input is to be held first. */
    private boolean forward(ServerConnection to, ByteBuf in, int at, byte type, int length, long next, int end) {
        bodyPassed = true;
        boolean whole = next <= end;
        int stop = (int) Math.min(next, end);
        switch (type) {
            case 'Q' -> {
                return state.queries().forward(session, to, in, at, length, whole, stop);
            }
            case 'P', 'B', 'D', 'C' -> {
                boolean sent = state.extended().forward(session, to, in, at, type, length, whole, stop);
                batchOpen |= sent;
                return sent;
            }
            case 'E' -> {
                batchOpen = true;
                session.pool().figures().queries++;
                to.owe(Awaited.EXECUTE, ExtendedMessages.executed(session, to, in, at, stop), session.boundCommit());
            }
            case 'S', 'H' -> {
                if (copying) {
                    // The server overlooks them while it takes copied data, but not when the copy has failed meanwhile.
                    bodyPassed = false;
                    return true;
                }
                if (type == 'S') {
                    sync(to);
                }
            }
            case 'F' -> {
                batchOpen = false;
                // A function may leave anything, and no tag tells.
                session.holds().suspect();
                to.owe(Awaited.QUERY, null);
            }
            case 'c', 'f' -> {
                copying = false;
                session.local(to, Awaited.COPY_END, null);
            }
            case 'X' -> {
                bodyPassed = false;
                session.leaveWhenAnswered(to);
                return true;
            }
            default -> {}
        }
        to.out().pass(in, at, stop);
        return true;
    }

    private void sync(ServerConnection to) {
        batchOpen = false;
        to.owe(Awaited.SYNC, null);
        if (forgetting) {
            forgetting = false;
            session.prepareFirst();
        }
    }
}
