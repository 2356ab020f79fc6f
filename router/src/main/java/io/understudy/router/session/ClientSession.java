package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.understudy.router.front.StartUp;
import io.understudy.router.sql.CommandTag;
import io.understudy.router.sql.Pin;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.sql.SessionState;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One client from its welcome to its goodbye. It has a server connection while a transaction runs, or something of its session is
 * left on one (a pin). Owned by the event loop.
 */
final class ClientSession extends ChannelInboundHandlerAdapter {
    private static final int HEADER_BYTES = 5;

    /** More than this in hand while waiting, and the client is read no further. */
    private static final int MOST_HELD_BYTES = 64 << 10;

    private static final int MOST_CUSTOM_SETTINGS = 1000;

    /** What happens with what the client sends. */
    private enum Phase {
        /** It is held until the welcome. */
        STARTING,
        /** Nothing is under way. */
        IDLE,
        /** It is held until there is a server connection. */
        WAITING,
        /** It is held while the router itself uses the server connection. */
        PREPARING,
        /** It goes to the server. */
        ACTIVE,
        /** It is left out up to the next Sync: the client was told an error. */
        SKIPPING,
        /** Nobody is there any more. */
        GONE
    }

    private final RouterState state;
    private final Pool pool;
    private final Channel channel;
    private final StartUp startUp;
    private final SessionSettings startSettings;
    private final int id;
    private final byte[] secret;
    private final Held held;
    private final Outgoing out;
    private final long connectedNanos = System.nanoTime();

    private Phase phase = Phase.STARTING;
    private @Nullable ServerConnection server;
    private @Nullable StatementNames names;
    private @Nullable Prepared unnamed;
    private SessionSettings settings;
    private @Nullable Parameters parameters;
    private List<Pin> pins = List.of();
    private Set<String> customSettings = Set.of();
    private @Nullable Problem refusal;
    private @Nullable Prepared unpreparable;
    private long bodyLeft;
    private long waitingSince;
    private boolean bodyPassed;
    private boolean batchOpen;
    private boolean copying;
    private boolean suspicious;
    private boolean taking;
    private boolean committing;
    private boolean toldFatal;
    private boolean draining;

    ClientSession(
            RouterState state,
            Pool pool,
            Channel channel,
            StartUp startUp,
            SessionSettings startSettings,
            int id,
            byte[] secret) {
        this.state = state;
        this.pool = pool;
        this.channel = channel;
        this.startUp = startUp;
        this.startSettings = startSettings;
        this.settings = startSettings;
        this.id = id;
        this.secret = secret;
        this.held = new Held(channel);
        this.out = new Outgoing(channel);
    }

    // What others ask

    Channel channel() {
        return channel;
    }

    Pool pool() {
        return pool;
    }

    StartUp startUp() {
        return startUp;
    }

    int id() {
        return id;
    }

    byte[] secret() {
        return secret;
    }

    Outgoing out() {
        return out;
    }

    @Nullable
    ServerConnection server() {
        return server;
    }

    SessionSettings settings() {
        return settings;
    }

    List<Pin> pins() {
        return pins;
    }

    String phase() {
        return phase.name().toLowerCase(java.util.Locale.ROOT);
    }

    long connectedNanos() {
        return connectedNanos;
    }

    long waitingSince() {
        return waitingSince;
    }

    boolean isWaiting() {
        return phase == Phase.WAITING || (phase == Phase.STARTING && server == null);
    }

    boolean isIdle() {
        return phase == Phase.IDLE;
    }

    StatementNames names() {
        StatementNames known = names;
        if (known == null) {
            known = new StatementNames();
            names = known;
        }
        return known;
    }

    boolean hasNames() {
        return names != null && names.size() > 0;
    }

    // The welcome

    /** Begins: at once where the pool knows what a server says to such a session, otherwise a server is asked. */
    void begin(ByteBuf early) {
        held.keep(early, early.readerIndex());
        Parameters known = pool.greeting(startSettings);
        if (known == null) {
            waitForServer();
        } else {
            welcome(known);
            resume();
        }
        if (phase != Phase.GONE) {
            channel.config().setAutoRead(true);
        }
    }

    private void welcome(Parameters told) {
        parameters = told;
        ByteBuf piece = out.piece();
        Messages.authenticationOk(piece);
        told.tellWhatDiffersFrom(java.util.Map.of(), piece);
        Messages.backendKeyData(piece, id, secret);
        Messages.readyForQuery(piece, (byte) 'I');
        out.flush();
        phase = Phase.IDLE;
    }

    // What the client sends

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        consume(held.join((ByteBuf) message));
        if (isHolding() && held.size() > MOST_HELD_BYTES) {
            channel.config().setAutoRead(false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flushBoth();
    }

    private void flushBoth() {
        ServerConnection attached = server;
        if (attached != null) {
            attached.out().flush();
            if (!attached.channel().isWritable() || attached.awaited().size() > ReplyQueue.MOST) {
                channel.config().setAutoRead(false);
            }
        }
        out.flush();
    }

    private boolean isHolding() {
        return phase == Phase.WAITING || phase == Phase.PREPARING || phase == Phase.STARTING;
    }

    private void consume(ByteBuf in) {
        int at = in.readerIndex();
        taking = true;
        try {
            at = take(in, at);
        } catch (ProtocolViolationException broken) {
            at = in.writerIndex();
            settleBoth();
            end(Problem.fatal(
                    "08P01",
                    String.valueOf(broken.getMessage()),
                    "",
                    "the client does not speak the protocol correctly"));
        } finally {
            taking = false;
        }
        settleBoth();
        if (phase == Phase.GONE) {
            in.release();
        } else {
            held.keep(in, at);
        }
    }

    private void settleBoth() {
        ServerConnection attached = server;
        if (attached != null) {
            attached.out().settle();
        }
        out.settle();
    }

    /** Takes messages from {@code begin} on; returns the index of the first byte that is to be held. */
    private int take(ByteBuf in, int begin) {
        int at = begin;
        int end = in.writerIndex();
        while (at < end && phase != Phase.GONE) {
            if (bodyLeft > 0) {
                int count = (int) Math.min(bodyLeft, end - at);
                ServerConnection attached = server;
                if (bodyPassed && attached != null) {
                    attached.out().pass(in, at, at + count);
                }
                at += count;
                bodyLeft -= count;
                if (bodyLeft == 0) {
                    giveBackIfDone(in);
                }
                continue;
            }
            if (isHolding() || end - at < HEADER_BYTES) {
                break;
            }
            byte type = in.getByte(at);
            int length = in.getInt(at + 1);
            FrontMessages.check(type, length);
            long next = (long) at + 1 + length;
            if (phase == Phase.SKIPPING) {
                skip(type);
                at = left(at, next, end);
                continue;
            }
            if (server == null && !obtainServer(type)) {
                if (isHolding()) {
                    break;
                }
                at = left(at, next, end);
                continue;
            }
            if (isHolding()) {
                break;
            }
            if (next > end && !FrontMessages.isEnough(in, at, end, type, length)) {
                break;
            }
            if (!forward(in, at, type, length, next, end)) {
                break;
            }
            int stop = (int) Math.min(next, end);
            bodyLeft = next - stop;
            at = stop;
        }
        return at;
    }

    /** What is left of a message goes nowhere. */
    private int left(int at, long next, int end) {
        int stop = (int) Math.min(next, end);
        bodyLeft = next - stop;
        bodyPassed = false;
        return Math.max(at, stop);
    }

    private void skip(byte type) {
        if (type == 'S') {
            Messages.readyForQuery(out.piece(), (byte) 'I');
            phase = Phase.IDLE;
        } else if (type == 'X') {
            leave();
        }
    }

    /** Whether there is a server connection for a message of this type now; what needs none is answered here. */
    private boolean obtainServer(byte type) {
        switch (type) {
            case 'X' -> {
                leave();
                return false;
            }
            case 'S' -> {
                Messages.readyForQuery(out.piece(), (byte) 'I');
                return false;
            }
            // A copy that failed goes on for a while on the client's side.
            case 'H', 'd', 'c', 'f' -> {
                return false;
            }
            default -> {}
        }
        Problem told = refusal;
        if (told != null) {
            refusal = null;
            tell(told, type);
            return false;
        }
        waitForServer();
        Problem refused = refusal;
        if (server == null && refused != null) {
            refusal = null;
            tell(refused, type);
        }
        return server != null && phase == Phase.ACTIVE;
    }

    private void tell(Problem problem, byte type) {
        Messages.error(out.piece(), problem);
        if (type == 'Q' || type == 'F') {
            Messages.readyForQuery(out.piece(), (byte) 'I');
            phase = Phase.IDLE;
        } else {
            phase = Phase.SKIPPING;
        }
    }

    private boolean forward(ByteBuf in, int at, byte type, int length, long next, int end) {
        ServerConnection to = Objects.requireNonNull(server);
        bodyPassed = true;
        boolean whole = next <= end;
        int stop = (int) Math.min(next, end);
        switch (type) {
            case 'Q' -> {
                return state.queries().forward(this, to, in, at, length, whole, stop);
            }
            case 'P', 'B', 'D', 'C' -> {
                batchOpen = true;
                return state.extended().forward(this, to, in, at, type, length, whole, stop);
            }
            case 'E' -> {
                batchOpen = true;
                to.awaited().add(Awaited.EXECUTE, null);
            }
            case 'S' -> {
                batchOpen = false;
                if (!copying) {
                    to.awaited().add(Awaited.SYNC, null);
                }
            }
            case 'F' -> to.awaited().add(Awaited.QUERY, null);
            case 'c', 'f' -> {
                copying = false;
                if (batchOpen || to.awaited().first() != Awaited.QUERY) {
                    local(to, Awaited.COPY_END, null);
                }
            }
            case 'X' -> {
                leave();
                return true;
            }
            default -> {}
        }
        to.out().pass(in, at, stop);
        return true;
    }

    /** Owed by the router itself. */
    void local(ServerConnection to, Awaited kind, ServerConnection.@Nullable Undo undo) {
        to.awaited().add(kind, undo);
        if (to.awaited().size() == 1) {
            to.tellLocalOnes();
        }
    }

    @Nullable
    Prepared unnamed() {
        return unnamed;
    }

    void unnamedIs(@Nullable Prepared prepared) {
        unnamed = prepared;
    }

    /** A simple query goes out: it ends what extended messages began, and forgets the unnamed statement. */
    void queryGoesOut(boolean commit) {
        batchOpen = false;
        committing = commit;
        unnamed = null;
        state.figures().queries++;
    }

    /** A prepared statement is about to run, or to be prepared. */
    void willRun(Prepared prepared) {
        if ((prepared.suspicion & SimpleQueries.LEAVES_STATE) != 0) {
            suspicious = true;
        }
        mayHave(prepared.customSettings);
    }

    /** A text may set settings of the application's own, whose names only the text tells. */
    void mayHave(Set<String> names) {
        if (!names.isEmpty() && !customSettings.containsAll(names)) {
            Set<String> more = new HashSet<>(customSettings);
            more.addAll(names);
            if (more.size() > MOST_CUSTOM_SETTINGS) {
                throw new ProtocolViolationException("more than %d settings of the application's own in one session"
                        .formatted(MOST_CUSTOM_SETTINGS));
            }
            customSettings = more;
        }
    }

    /** After the transaction the server is asked what the session left there. */
    void suspect() {
        suspicious = true;
    }

    // What the server answers

    /** A message of the server told that a command was completed. */
    void completed(CommandTag tag) {
        if (Tags.leavesState(tag) || (!pins.isEmpty() && Tags.mayEndPin(tag))) {
            suspicious = true;
        }
    }

    void copyBegan() {
        copying = true;
    }

    /** The server said that it ends the session. */
    void fatalWasTold() {
        toldFatal = true;
    }

    void statementsForgotten() {
        names = null;
        unnamed = null;
    }

    void parametersAre(Parameters told) {
        parameters = told;
    }

    /** What a statement reads changed its shape: prepared again, it works again. */
    void planChanged(@Nullable Object note) {
        if (note instanceof Prepared changed) {
            changed.changed();
        }
    }

    /** Tells an error that names a statement by the router's name for it, with the client's own. */
    boolean errorInItsOwnWords(ByteBuf in, int body, int length) {
        return names != null && ErrorFields.rename(in, body, length, names, out);
    }

    void serverReady(ServerConnection from) {
        committing = false;
        if (phase == Phase.PREPARING && from.awaited().isEmpty() && !from.isAsking()) {
            // It waited for the server to have answered everything.
            prepared(from);
            return;
        }
        if (from.awaited().isEmpty()) {
            copying = false;
            if (from.status() == 'I') {
                state.figures().transactions++;
            }
        }
        giveBackIfDone(null);
    }

    private void giveBackIfDone(@Nullable ByteBuf passing) {
        ServerConnection from = server;
        if (from == null
                || !from.awaited().isEmpty()
                || from.isAsking()
                || from.status() != 'I'
                || batchOpen
                || bodyLeft > 0
                || phase != Phase.ACTIVE) {
            return;
        }
        if (passing != null) {
            from.out().settle();
        }
        if (endIfDrained()) {
            return;
        }
        if (suspicious) {
            inspect(from);
        } else if (pins.isEmpty() && pool.sharesTransactions()) {
            giveBack(from);
        }
    }

    private void giveBack(ServerConnection from) {
        server = null;
        phase = Phase.IDLE;
        from.out().flush();
        from.detach();
        // What the server did not take fast enough is nobody's concern now.
        readOn();
        pool.giveBack(from);
    }

    /** Asks the server what the session left there. */
    private void inspect(ServerConnection from) {
        suspicious = false;
        phase = Phase.PREPARING;
        out.flush();
        from.askState(customSettings, answer -> {
            if (answer.failed()) {
                pins = List.of(new Pin("its state could not be read: " + answer.error()));
            } else {
                SessionState found = SessionState.of(answer.rows(), state.settingsKnown());
                pins = found.pins();
                settings = state.settingsOver(startSettings, found.settings());
                from.settingsAre(found.settings());
            }
            parameters = from.parameters();
            free(from);
        });
    }

    /** The router's own use of the server connection is over. */
    private void free(ServerConnection from) {
        if (phase == Phase.GONE) {
            cleanUp(from);
        } else if (server == from) {
            phase = Phase.ACTIVE;
            giveBackIfDone(null);
            resume();
        }
    }

    // Server connections

    private void waitForServer() {
        if (phase != Phase.STARTING) {
            phase = Phase.WAITING;
        }
        waitingSince = System.nanoTime();
        pool.request(this);
    }

    /** The pool found a server connection. */
    void attached(ServerConnection given) {
        server = given;
        given.attach(this);
        if (given.settings() == settings) {
            ready(given);
            return;
        }
        if (phase != Phase.STARTING) {
            phase = Phase.PREPARING;
        }
        given.ask(SessionSettings.toReach(given.settings(), settings), answer -> {
            if (answer.failed()) {
                given.retire();
                settingsRefused(given, answer);
            } else {
                given.settingsAre(settings);
                if (phase == Phase.GONE) {
                    cleanUp(given);
                } else {
                    ready(given);
                }
            }
        });
    }

    private void settingsRefused(ServerConnection given, OwnQuery.Answer answer) {
        Problem problem = Problem.error(
                answer.errorState(),
                String.valueOf(answer.error()),
                "the router could not apply the session's settings to a server connection",
                "");
        if (phase == Phase.GONE) {
            cleanUp(given);
            return;
        }
        boolean starting = phase == Phase.STARTING;
        giveBack(given);
        if (starting) {
            end(problem.asFatal());
        } else {
            refuse(problem);
        }
    }

    private void ready(ServerConnection given) {
        Parameters now = given.parameters();
        if (phase == Phase.STARTING) {
            pool.greetingIs(startSettings, now);
            welcome(now);
            phase = Phase.ACTIVE;
            giveBackIfDone(null);
        } else {
            Parameters before = parameters;
            if (before != now && before != null) {
                now.tellWhatDiffersFrom(before.byName(), out.piece());
            }
            parameters = now;
            phase = Phase.ACTIVE;
        }
        resume();
    }

    /** Goes on with what is held. */
    void resume() {
        if (taking || phase == Phase.GONE) {
            return;
        }
        ByteBuf more = held.take();
        if (more != null) {
            consume(more);
            flushBoth();
        }
        readOn();
    }

    /** Holds the client's input while the router uses the server connection itself. */
    void prepareFirst() {
        phase = Phase.PREPARING;
    }

    /** Whether preparing a statement first is possible, and was not tried in vain. */
    boolean mayPrepare(Prepared missing) {
        ServerConnection at = server;
        return at != null
                && missing != unpreparable
                && (!batchOpen || at.awaited().isEmpty());
    }

    void couldNotPrepare(Prepared missing) {
        unpreparable = missing;
    }

    void preparedWhatItCould() {
        unpreparable = null;
    }

    /** The router is done with the server connection; what is held goes on to it. */
    void prepared(ServerConnection with) {
        if (phase == Phase.GONE) {
            cleanUp(with);
        } else if (server == with) {
            phase = Phase.ACTIVE;
            resume();
        }
    }

    /** What is held is answered with an error. */
    void refuse(Problem problem) {
        if (phase == Phase.STARTING) {
            end(problem.asFatal());
            return;
        }
        refusal = problem;
        phase = Phase.IDLE;
        resume();
    }

    /**
     * The connection to the server broke.
     *
     * @param readies how many ReadyForQuery were still to come
     * @param status of the transaction when it broke
     * @param within a message of which the client has a part
     */
    void serverLost(int readies, byte status, boolean within) {
        server = null;
        if (phase == Phase.GONE) {
            return;
        }
        if (phase == Phase.STARTING) {
            waitForServer();
            return;
        }
        boolean underWay = readies > 0 || batchOpen;
        Problem why = underWay ? Lost.WHILE_UNDER_WAY : Lost.BETWEEN_STATEMENTS;
        if (toldFatal) {
            leave();
            return;
        }
        if (within || !pins.isEmpty()) {
            // Half a message cannot be taken back, and what pinned the session is gone.
            end(why.asFatal());
            return;
        }
        suspicious = false;
        copying = false;
        bodyPassed = false;
        for (int i = 0; i < readies; i++) {
            Messages.error(out.piece(), why);
            Messages.readyForQuery(out.piece(), (byte) 'I');
        }
        if (batchOpen) {
            batchOpen = false;
            Messages.error(out.piece(), why);
            phase = Phase.SKIPPING;
        } else {
            phase = Phase.IDLE;
            refusal = !underWay && status != 'I' ? why : null;
        }
        out.flush();
        resume();
    }

    // Flow

    /** The client does not keep up: the server is read no further until it does. */
    void restrain(ServerConnection from) {
        if (!channel.isWritable()) {
            from.channel().config().setAutoRead(false);
        }
        readOn();
    }

    void readOn() {
        if (channel.config().isAutoRead() || phase == Phase.GONE) {
            return;
        }
        ServerConnection attached = server;
        boolean full = isHolding() && held.size() > MOST_HELD_BYTES;
        boolean ahead = attached != null
                && (!attached.channel().isWritable() || attached.awaited().size() > ReplyQueue.MOST / 2);
        if (!full && !ahead) {
            channel.config().setAutoRead(true);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ServerConnection from = server;
        if (from != null && channel.isWritable()) {
            from.channel().config().setAutoRead(true);
        }
    }

    // Cancelling

    /** Whether a query of this client runs on its server connection, and may be cancelled there. */
    boolean runsSomething() {
        ServerConnection at = server;
        return at != null && !at.isAsking() && !at.awaited().isEmpty() && !committing;
    }

    // The end

    /** Ends as soon as nothing is under way. */
    void drain() {
        draining = true;
        if (phase == Phase.IDLE || phase == Phase.WAITING || phase == Phase.STARTING) {
            end(Sessions.GOING_DOWN);
        } else if (phase == Phase.ACTIVE) {
            endIfDrained();
        }
    }

    private boolean endIfDrained() {
        ServerConnection at = server;
        boolean quiet = at == null || (at.awaited().isEmpty() && at.status() == 'I' && !at.isAsking());
        if (draining && quiet && !batchOpen && bodyLeft == 0) {
            end(Sessions.GOING_DOWN);
            return true;
        }
        return false;
    }

    /** Tells the client a last error and closes. */
    void end(Problem problem) {
        if (phase == Phase.GONE) {
            return;
        }
        Messages.error(out.piece(), problem);
        out.settle();
        leave();
    }

    /** The client goes, or is let go. */
    private void leave() {
        if (phase == Phase.GONE) {
            return;
        }
        boolean waiting = isWaiting();
        phase = Phase.GONE;
        out.flush();
        channel.writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        if (waiting) {
            pool.forget(this);
        }
        state.left(this);
        if (!taking) {
            held.discard();
        }
        ServerConnection from = server;
        if (from != null && !from.isAsking()) {
            cleanUp(from);
        }
    }

    /** Makes the server connection fit for others, or lets it finish what it was told and end. */
    private void cleanUp(ServerConnection from) {
        server = null;
        from.out().settle();
        from.detach();
        if (!from.isOpen()) {
            return;
        }
        if (bodyLeft > 0 && bodyPassed) {
            // Nothing can be said to a server in the middle of a message.
            from.channel().close();
        } else if (!from.awaited().isEmpty() || from.status() != 'I' || batchOpen) {
            from.finishAndClose();
        } else if (pins.isEmpty() && !suspicious && pool.sharesTransactions()) {
            pool.giveBack(from);
        } else {
            from.reset();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ServerConnection from = server;
        if (from != null && runsSomething()) {
            // Its answer has nobody to go to any more.
            state.cancel(from);
        }
        leave();
        held.discard();
        out.discard();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            state.log().warn("The connection of a client of {} is closed", pool, cause);
        }
        ctx.close();
    }
}
