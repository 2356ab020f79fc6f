package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.back.Welcome;
import io.understudy.router.sockets.Reads;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server, and what is known of its session. Either a client has it, or a query of the router's own runs on
 * it, or it rests in its pool. Owned by the event loop.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter {
    private static final int HEADER_BYTES = 5;

    /** For what a client sent before it left; afterwards the server notices that nobody listens. */
    private static final int FINISH_SECONDS = 60;

    /** What the router must see whole is this long at the most; a longer error passes unread. */
    static final int MOST_INSPECTED_BYTES = 1 << 20;

    private final Home home;
    private final RouterState state;
    private final Channel channel;
    private final Topology.Primary primary;
    private final int processId;
    private final byte[] secret;
    private final Held held;
    private final Outgoing out;
    private final Replies replies = new Replies(this);
    private final OwnQueries own;
    private final UnnamedStatement unnamed = new UnnamedStatement();
    private final ServerStatements statements = new ServerStatements();
    private final long openedNanos = System.nanoTime();

    private @Nullable ClientSession client;
    private SessionSettings settings;
    private Parameters parameters;
    private byte status = 'I';
    private long bodyLeft;
    private boolean bodyForwarded;
    private int cancelling;
    private boolean retiring;
    private boolean readyDue;
    private boolean restWhenCancelled;
    private long restingSince;
    private long checkedNanos = System.nanoTime();

    ServerConnection(Home home, RouterState state, Topology.Primary primary, Welcome welcome) {
        this.home = home;
        this.state = state;
        this.primary = primary;
        this.channel = welcome.channel();
        this.processId = welcome.processId();
        this.secret = welcome.secret();
        this.parameters = state.parameters().of(welcome.parameters());
        this.settings = state.noSettings();
        this.held = new Held(channel);
        this.out = new Outgoing(channel, state.buffers());
        Reads.share(channel, state.buffers());
        this.own = new OwnQueries(this, state);
        held.keep(welcome.early(), welcome.early().readerIndex());
    }

    Home home() {
        return home;
    }

    Channel channel() {
        return channel;
    }

    /** Whose server it is, and in which epoch. */
    Topology.Primary primary() {
        return primary;
    }

    Endpoint where() {
        return primary.database();
    }

    /** On its own word, now. */
    boolean isReplica() {
        return parameters.value("in_hot_standby").equals("on");
    }

    /** Listens. */
    void begin() {
        channel.pipeline().addLast(this);
        channel.config().setAutoRead(true);
    }

    int processId() {
        return processId;
    }

    byte[] secret() {
        return secret;
    }

    Outgoing out() {
        return out;
    }

    Replies replies() {
        return replies;
    }

    ReplyQueue awaited() {
        return replies.awaited();
    }

    /** What was just sent is to be answered so; see {@link Replies#owe}. */
    void owe(Awaited kind, @Nullable Object note) {
        replies.owe(kind, note, false);
    }

    /** As {@link #owe(Awaited, Object)}, of what may be a COMMIT: nobody cancels that. */
    void owe(Awaited kind, @Nullable Object note, boolean commits) {
        replies.owe(kind, note, commits);
    }

    OwnQueries own() {
        return own;
    }

    UnnamedStatement unnamed() {
        return unnamed;
    }

    /** Whether nothing is under way, and no transaction open. */
    boolean isQuiet() {
        return awaited().isEmpty() && !own.isRunning() && status == 'I' && !replies.isSkipping();
    }

    ServerStatements statements() {
        return statements;
    }

    Parameters parameters() {
        return parameters;
    }

    SessionSettings settings() {
        return settings;
    }

    void settingsAre(SessionSettings reached) {
        settings = reached;
    }

    /** 'I' between transactions, 'T' in one, 'E' in a failed one. */
    byte status() {
        return status;
    }

    void statusIs(byte told) {
        status = told;
    }

    @Nullable
    ClientSession client() {
        return client;
    }

    long openedNanos() {
        return openedNanos;
    }

    long restingSince() {
        return restingSince;
    }

    long checkedNanos() {
        return checkedNanos;
    }

    void checked() {
        checkedNanos = System.nanoTime();
    }

    boolean isOpen() {
        return channel.isActive();
    }

    boolean isRetiring() {
        return retiring;
    }

    /** Nothing is asked of it any more once it rests. */
    void retire() {
        retiring = true;
    }

    void attach(ClientSession session) {
        client = session;
        unnamed.changesHands();
    }

    void detach() {
        client = null;
        if (!channel.config().isAutoRead()) {
            channel.config().setAutoRead(true);
        }
    }

    void rests() {
        restingSince = System.nanoTime();
    }

    /** Whether a cancel request may still hit what runs here next. */
    boolean isCancelling() {
        return cancelling > 0;
    }

    void cancelBegan() {
        cancelling++;
    }

    void cancelEnded() {
        cancelling--;
        ClientSession holder = client;
        if (cancelling == 0 && restWhenCancelled) {
            restWhenCancelled = false;
            home.giveBack(this);
        } else if (cancelling == 0 && holder != null) {
            holder.use().giveBackIfDone();
        }
    }

    void restWhenCancelled() {
        restWhenCancelled = true;
    }

    /** Every prepared statement is gone. */
    void statementsForgotten() {
        statements.clear();
        own.statementsForgotten();
        unnamed.isGone();
    }

    /** Forgets everything of a session, and rests. */
    void reset() {
        own.ask("DISCARD ALL", answer -> {
            statementsForgotten();
            settings = state.noSettings();
            if (answer.failed()) {
                close();
            } else {
                home.giveBack(this);
            }
        });
    }

    /** The client left: what it sent last is done, as without a router, and nobody hears of it. */
    void finishAndClose() {
        retiring = true;
        bodyForwarded = false;
        Messages.terminate(out.piece());
        out.flush();
        channel.eventLoop().schedule(() -> channel.close(), FINISH_SECONDS, TimeUnit.SECONDS);
    }

    /** Says goodbye and closes. */
    void close() {
        retiring = true;
        if (channel.isActive()) {
            Messages.terminate(out.piece());
            out.flush();
        }
        channel.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        home.figures().serverBytes += bytes.readableBytes();
        ByteBuf in = held.join(bytes);
        int at = in.readerIndex();
        try {
            at = take(in, at);
        } catch (ProtocolViolationException broken) {
            state.log()
                    .warn(
                            "The server of {} at epoch {} broke the protocol: {}",
                            home,
                            primary.epoch().number(),
                            broken.getMessage());
            channel.close();
            at = in.writerIndex();
        } catch (RuntimeException failed) {
            state.log().error("A server connection of {} is closed: the router failed at what it said", home, failed);
            channel.close();
            at = in.writerIndex();
        }
        ClientSession receiver = client;
        if (receiver != null) {
            receiver.out().settle();
        }
        held.keep(in, at);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ClientSession receiver = client;
        if (receiver != null) {
            receiver.out().flush();
            receiver.restrain(this);
        }
        out.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ClientSession sender = client;
        if (sender != null && channel.isWritable()) {
            sender.readOn();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        held.discard();
        out.discard();
        ClientSession holder = client;
        if (holder != null) {
            replies.lost();
        }
        client = null;
        try {
            if (holder == null) {
                own.lost();
            } else {
                own.forget();
                holder.use().serverLost(awaited().readies(), !awaited().isEmpty(), status, isWithinForwarded());
            }
        } finally {
            home.closed(this);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            state.log().warn("A server connection of {} is closed", home, cause);
        }
        ctx.close();
    }

    /** Takes whole messages from {@code at} on; returns the index of the first byte that is to be held. */
    private int take(ByteBuf in, int begin) {
        int at = begin;
        int end = in.writerIndex();
        while (at < end) {
            if (bodyLeft > 0) {
                int count = (int) Math.min(bodyLeft, end - at);
                ClientSession receiver = client;
                if (bodyForwarded && receiver != null) {
                    receiver.out().pass(in, at, at + count);
                }
                bodyLeft -= count;
                at += count;
                continue;
            }
            if (replies.areLocalsDue()) {
                // Not earlier: what was passed before must be whole.
                replies.tellLocalOnes();
            }
            if (end - at < HEADER_BYTES) {
                break;
            }
            byte type = in.getByte(at);
            int length = in.getInt(at + 1);
            if (length < Integer.BYTES) {
                throw new ProtocolViolationException("a message of type %s with a length of %d"
                        .formatted(ProtocolViolationException.name(type), length));
            }
            long next = (long) at + 1 + length;
            if (next > end && isInspected(type) && length <= MOST_INSPECTED_BYTES) {
                break;
            }
            if (readyDue && type != 'N' && type != 'A' && type != 'S') {
                throw Replies.unasked(type, null);
            }
            at = message(in, at, type, length, next, end);
        }
        if (replies.areLocalsDue() && bodyLeft == 0) {
            replies.tellLocalOnes();
        }
        if (readyDue) {
            readyDue = false;
            ready(client);
        }
        return at;
    }

    private int message(ByteBuf in, int at, byte type, int length, long next, int end) {
        int body = at + HEADER_BYTES;
        int bodyLength = length - Integer.BYTES;
        home.figures().serverMessages++;
        boolean whole = next <= end;
        boolean forward = own.isRunning()
                ? own.follow(in, type, body, bodyLength, whole)
                : replies.follow(in, type, body, bodyLength, whole);
        int stop = (int) Math.min(next, end);
        ClientSession receiver = client;
        if (forward && receiver != null) {
            receiver.out().pass(in, at, stop);
        }
        bodyLeft = next - stop;
        bodyForwarded = forward;
        if (type == 'Z' && whole) {
            if (awaited().isEmpty()) {
                // Not before it is seen whether anything stands behind it, which must not reach who has the connection
                // next.
                readyDue = true;
            } else {
                ready(receiver);
            }
        }
        return stop;
    }

    private boolean isInspected(byte type) {
        return switch (type) {
            case 'Z', 'C', 'E', 'S', '1', '2', '3', 'N', 'A' -> true;
            case 'D' -> own.isRunning();
            case 't', 'T' -> awaited().first() == Awaited.OWN_DESCRIBE;
            default -> false;
        };
    }

    /** Whether a part of a message was forwarded, so that the client takes whatever comes next for the rest of it. */
    boolean isWithinForwarded() {
        return bodyLeft > 0 && bodyForwarded;
    }

    private void ready(@Nullable ClientSession receiver) {
        if (own.isRunning()) {
            if (receiver != null) {
                receiver.out().settle();
            }
            own.ready();
            return;
        }
        if (receiver == null) {
            if (retiring && awaited().isEmpty()) {
                close();
            }
            return;
        }
        if (replies.areLocalsDue()) {
            replies.tellLocalOnes();
        }
        try {
            receiver.serverReady(this);
        } finally {
            if (client != receiver) {
                // Given back: what it was sent goes out now, the next one's turn has come.
                receiver.out().flush();
            }
        }
    }

    /** A ParameterStatus. */
    void parameter(ByteBuf in, int body, int length, boolean whole) {
        if (!whole) {
            return;
        }
        int zero = in.indexOf(body, body + length, (byte) 0);
        if (zero < 0 || body + length - zero - 2 < 0) {
            throw new ProtocolViolationException("a ParameterStatus without a value");
        }
        String name = in.toString(body, zero - body, StandardCharsets.ISO_8859_1);
        String value = in.toString(zero + 1, body + length - zero - 2, StandardCharsets.ISO_8859_1);
        parameters = parameters.with(name, value, state.parameters());
        ClientSession holder = client;
        if (holder != null && !own.isRunning()) {
            holder.use().parametersAre(parameters);
        }
    }
}
