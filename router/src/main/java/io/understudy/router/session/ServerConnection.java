package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.back.Welcome;
import io.understudy.router.sql.CommandTag;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.sql.SessionState;
import io.understudy.router.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server, and what is known of its session. Either a client has it, or a query of the router's own runs on
 * it, or it rests in its pool. Owned by the event loop.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter {
    private static final int HEADER_BYTES = 5;

    /** The question for what the session holds, prepared once: reading it takes longer than answering it. */
    private static final byte[] STATE_QUERY_NAME = (Prepared.NAME_PREFIX + "state").getBytes(StandardCharsets.US_ASCII);

    private static final byte[] STATE_QUERY_TAIL = (SessionState.QUERY + "\0\0\0").getBytes(StandardCharsets.US_ASCII);

    /** For what a client sent before it left; afterwards the server notices that nobody listens. */
    private static final int FINISH_SECONDS = 60;

    /** What the router must see whole is this long at the most; a longer error passes unread. */
    private static final int MOST_INSPECTED_BYTES = 1 << 20;

    private final Home home;
    private final RouterState state;
    private final Channel channel;
    private final Topology.Primary primary;
    private final int processId;
    private final byte[] secret;
    private final Held held;
    private final Outgoing out;
    private final ReplyQueue awaited = new ReplyQueue();
    private final ServerStatements statements = new ServerStatements();
    private final long openedNanos = System.nanoTime();

    private @Nullable ClientSession client;
    private @Nullable OwnQuery own;
    private @Nullable Prepared unnamed;
    private SessionSettings settings;
    private Parameters parameters;
    private byte status = 'I';
    private long bodyLeft;
    private boolean bodyForwarded;
    private int cancelling;
    private boolean retiring;
    private boolean localsDue;
    private boolean stateQueryPrepared;
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
        this.out = new Outgoing(channel);
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

    ReplyQueue awaited() {
        return awaited;
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

    /** What the server's unnamed statement is; null when it has none, or not one of a client's. */
    @Nullable
    Prepared unnamed() {
        return unnamed;
    }

    void unnamedIs(@Nullable Prepared prepared) {
        unnamed = prepared;
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
        if (cancelling == 0 && restWhenCancelled) {
            restWhenCancelled = false;
            home.giveBack(this);
        }
    }

    void restWhenCancelled() {
        restWhenCancelled = true;
    }

    /** Runs a query of the router's own; nothing may be owed. */
    void ask(String rawSql, Consumer<OwnQuery.Answer> receiver) {
        if (!awaited.isEmpty() || own != null) {
            throw new IllegalStateException("the server connection is busy");
        }
        own = new OwnQuery(receiver);
        unnamed = null;
        Messages.query(out.piece(), rawSql);
        out.flush();
    }

    /**
     * Asks what the session holds; nothing may be owed.
     *
     * @param customSettings whose values are asked for by name
     */
    void askState(Collection<String> customSettings, Consumer<OwnQuery.Answer> receiver) {
        if (!awaited.isEmpty() || own != null) {
            throw new IllegalStateException("the server connection is busy");
        }
        own = new OwnQuery(answer -> {
            stateQueryPrepared = !answer.failed();
            receiver.accept(answer);
        });
        ByteBuf piece = out.piece();
        if (!stateQueryPrepared) {
            // Left from a time when it was not known to be there, perhaps.
            Messages.closeStatement(piece, STATE_QUERY_NAME);
            Messages.parse(piece, STATE_QUERY_NAME, STATE_QUERY_TAIL);
        }
        Messages.bindAndExecute(
                piece, STATE_QUERY_NAME, SessionState.array(customSettings).getBytes(StandardCharsets.ISO_8859_1));
        Messages.empty(piece, 'S');
        out.flush();
    }

    /** Prepares a statement by a message and waits for it; nothing may be owed. */
    void prepare(Prepared prepared, byte[] tail, Consumer<OwnQuery.Answer> receiver) {
        own = new OwnQuery(receiver);
        ByteBuf piece = out.piece();
        Messages.parse(piece, prepared.serverNameBytes, tail);
        Messages.empty(piece, 'S');
        out.flush();
    }

    boolean isAsking() {
        return own != null;
    }

    /** Forgets everything of a session, and rests. */
    void reset() {
        ask("DISCARD ALL", answer -> {
            statements.clear();
            stateQueryPrepared = false;
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
        ByteBuf in = held.join((ByteBuf) message);
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
        OwnQuery asked = own;
        own = null;
        ClientSession holder = client;
        client = null;
        if (holder != null) {
            holder.serverLost(awaited.readies(), status, bodyLeft > 0 && bodyForwarded);
        } else if (asked != null) {
            asked.failed("08006", "the connection to the server was lost");
            asked.end();
        }
        home.closed(this);
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
            if (localsDue) {
                // Not earlier: what was passed before must be whole.
                tellLocalOnes();
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
            at = message(in, at, type, length, next, end);
        }
        if (localsDue && bodyLeft == 0) {
            tellLocalOnes();
        }
        return at;
    }

    private int message(ByteBuf in, int at, byte type, int length, long next, int end) {
        int body = at + HEADER_BYTES;
        int bodyLength = length - Integer.BYTES;
        OwnQuery asked = own;
        boolean whole = next <= end;
        boolean forward;
        if (asked != null) {
            forward = answerOfOwn(asked, in, type, body, bodyLength, whole);
        } else {
            forward = reply(in, type, body, bodyLength, whole);
        }
        int stop = (int) Math.min(next, end);
        ClientSession receiver = client;
        if (forward && receiver != null) {
            receiver.out().pass(in, at, stop);
        }
        bodyLeft = next - stop;
        bodyForwarded = forward;
        if (type == 'Z' && whole) {
            ready(receiver);
        }
        return stop;
    }

    private boolean isInspected(byte type) {
        return switch (type) {
            case 'Z', 'C', 'E', 'S', '1', '2', '3', 'N' -> true;
            case 'D' -> own != null;
            default -> false;
        };
    }

    /** Follows what is owed; returns whether the client gets the message as it is. */
    private boolean reply(ByteBuf in, byte type, int body, int length, boolean whole) {
        switch (type) {
            case 'D', 'd' -> {
                return true;
            }
            case 'Z' -> {
                status = in.getByte(body);
                settleUpToReady();
                return true;
            }
            case 'C' -> {
                return completed(in, body, length, whole);
            }
            case 'I', 's' -> {
                finish(Awaited.EXECUTE);
                return true;
            }
            case 'T', 'n' -> {
                finish(Awaited.DESCRIBE);
                return true;
            }
            case '1' -> {
                boolean theirs = awaited.first() != Awaited.OWN_PARSE;
                finish(theirs ? Awaited.PARSE : Awaited.OWN_PARSE);
                return theirs;
            }
            case '2' -> {
                finish(Awaited.BIND);
                return true;
            }
            case '3' -> {
                boolean theirs = awaited.first() != Awaited.OWN_CLOSE;
                finish(theirs ? Awaited.CLOSE : Awaited.OWN_CLOSE);
                return theirs;
            }
            case 'E' -> {
                return failed(in, body, length, whole);
            }
            case 'S' -> {
                parameter(in, body, length, whole);
                return true;
            }
            case 'G', 'W' -> {
                if (awaited.first() == Awaited.EXECUTE) {
                    awaited.overlookSyncs();
                }
                ClientSession holder = client;
                if (holder != null) {
                    holder.copyBegan();
                }
                return true;
            }
            default -> {
                return true;
            }
        }
    }

    private void finish(Awaited kind) {
        if (awaited.first() == kind) {
            awaited.removeFirst();
            localsDue = true;
        }
    }

    /** What the router answers itself, when its turn has come. */
    void tellLocalOnes() {
        localsDue = false;
        while (true) {
            Awaited next = awaited.first();
            if (next != Awaited.LOCAL_PARSE && next != Awaited.LOCAL_CLOSE && next != Awaited.COPY_END) {
                return;
            }
            awaited.removeFirst();
            ClientSession receiver = client;
            if (receiver != null && next != Awaited.COPY_END) {
                Messages.empty(receiver.out().piece(), next == Awaited.LOCAL_PARSE ? '1' : '3');
            }
        }
    }

    private boolean completed(ByteBuf in, int body, int length, boolean whole) {
        ClientSession holder = client;
        if (whole && holder != null) {
            CommandTag tag = CommandTag.of(in, body, length);
            if (tag == CommandTag.DEALLOCATE_ALL || tag == CommandTag.DISCARD_ALL) {
                statements.clear();
                stateQueryPrepared = false;
                unnamed = null;
                holder.statementsForgotten();
            }
            holder.completed(tag);
        }
        finish(Awaited.EXECUTE);
        return true;
    }

    /** Whatever was sent behind the failed message, up to the next Sync, the server has not looked at. */
    private boolean failed(ByteBuf in, int body, int length, boolean whole) {
        ClientSession holder = client;
        boolean forward = true;
        if (whole && holder != null) {
            if (ErrorFields.field(in, body, length, 'V').equals("FATAL")) {
                holder.fatalWasTold();
            }
            String message = ErrorFields.field(in, body, length, 'M');
            if (ErrorFields.field(in, body, length, 'R').equals("RevalidateCachedQuery")) {
                Awaited first = awaited.first();
                holder.planChanged(first == Awaited.BIND || first == Awaited.DESCRIBE ? awaited.firstNote() : null);
            }
            if (message.contains(Prepared.NAME_PREFIX)) {
                forward = !holder.errorInItsOwnWords(in, body, length);
            }
        }
        while (!awaited.isEmpty() && !Objects.requireNonNull(awaited.first()).endsWithReady()) {
            dropFirst();
        }
        if (awaited.first() == Awaited.QUERY && awaited.firstNote() instanceof Undo undo) {
            undo.run(this);
        }
        return forward;
    }

    private void dropFirst() {
        if (awaited.firstNote() instanceof Undo undo) {
            undo.run(this);
        }
        awaited.removeFirst();
    }

    private void settleUpToReady() {
        while (!awaited.isEmpty()) {
            boolean last = Objects.requireNonNull(awaited.first()).endsWithReady();
            awaited.removeFirst();
            if (last) {
                break;
            }
        }
        localsDue = true;
    }

    private void ready(@Nullable ClientSession receiver) {
        OwnQuery asked = own;
        if (asked != null) {
            own = null;
            if (receiver != null) {
                receiver.out().settle();
            }
            asked.end();
            return;
        }
        if (receiver == null) {
            return;
        }
        if (localsDue) {
            tellLocalOnes();
        }
        receiver.out().settle();
        receiver.serverReady(this);
        if (client != receiver) {
            // Given back: what it was sent goes out now, the next one's turn has come.
            receiver.out().flush();
        }
    }

    private boolean answerOfOwn(OwnQuery asked, ByteBuf in, byte type, int body, int length, boolean whole) {
        switch (type) {
            case 'Z' -> status = in.getByte(body);
            case 'D' -> {
                if (whole) {
                    asked.row(in, body, length);
                } else {
                    asked.failed("54000", "a row of more than " + MOST_INSPECTED_BYTES + " bytes");
                }
            }
            case 'E' ->
                asked.failed(
                        whole ? ErrorFields.field(in, body, length, 'C') : "XX000",
                        whole ? ErrorFields.field(in, body, length, 'M') : "a long error");
            case 'S' -> parameter(in, body, length, whole);
            case 'A' -> {
                return true;
            }
            default -> {}
        }
        return false;
    }

    private void parameter(ByteBuf in, int body, int length, boolean whole) {
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
        if (holder != null && own == null) {
            holder.parametersAre(parameters);
        }
    }

    /** Takes back what was noted before the server agreed. */
    interface Undo {
        void run(ServerConnection server);
    }
}
