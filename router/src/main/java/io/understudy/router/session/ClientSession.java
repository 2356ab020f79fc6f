package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.understudy.router.front.StartUp;
import io.understudy.router.sockets.Reads;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.sql.Suspicion;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client from its welcome to its goodbye. It has a server connection while a transaction runs, or something of its session is
 * left on one (a pin). What it sends is taken by {@link ClientInput}, what it holds is in {@link Belongings}. Owned by the event loop.
 */
final class ClientSession extends ChannelInboundHandlerAdapter {
    /** For a client to take what was last said to it. */
    private static final int GOODBYE_SECONDS = 30;

    private final RouterState state;
    private final Pool pool;
    private final Channel channel;
    private final StartUp startUp;
    private final int id;
    private final byte[] secret;
    private final ClientInput input;
    private final Outgoing out;
    private final Belongings holds;
    private final ServerUse use;
    private final Portals portals = new Portals();
    private final long connectedNanos = System.nanoTime();

    private Phase phase = Phase.STARTING;
    private @Nullable Prepared unpreparable;
    private boolean boundCommit;
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
        this.holds = new Belongings(state, startSettings);
        this.id = id;
        this.secret = secret;
        this.input = new ClientInput(this, state);
        this.out = new Outgoing(channel, state.buffers());
        Reads.share(channel, state.buffers());
        this.use = new ServerUse(this, state);
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

    Belongings holds() {
        return holds;
    }

    ClientInput input() {
        return input;
    }

    ServerUse use() {
        return use;
    }

    Portals portals() {
        return portals;
    }

    /** The server connection that it has; null when it has none. */
    @Nullable
    ServerConnection server() {
        return use.server();
    }

    Phase phase() {
        return phase;
    }

    void phaseIs(Phase next) {
        phase = next;
    }

    String phaseName() {
        return phase.name().toLowerCase(Locale.ROOT);
    }

    long connectedNanos() {
        return connectedNanos;
    }

    boolean isWaiting() {
        return phase == Phase.WAITING || (phase == Phase.STARTING && server() == null);
    }

    // The welcome

    /** Begins: at once where the pool knows what a server says to such a session, otherwise a server is asked. */
    void begin(ByteBuf early) {
        input.early(early);
        Parameters known = pool.greeting(holds.startSettings());
        if (known == null) {
            use.waitForServer();
        } else {
            welcome(known);
            input.resume();
        }
        if (phase != Phase.GONE) {
            channel.config().setAutoRead(true);
        }
    }

    void welcome(Parameters told) {
        use.parametersAre(told);
        ByteBuf piece = out.piece();
        Messages.authenticationOk(piece);
        told.tellWhatDiffersFrom(Map.of(), piece);
        Messages.backendKeyData(piece, id, secret);
        Messages.readyForQuery(piece, (byte) 'I');
        out.flush();
        phase = Phase.IDLE;
    }

    // What the client sends

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        pool.figures().clientBytes += bytes.readableBytes();
        input.read(bytes);
        if (input.isFull()) {
            channel.config().setAutoRead(false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flushBoth();
    }

    void flushBoth() {
        ServerConnection attached = server();
        if (attached != null) {
            attached.out().flush();
            if (!attached.channel().isWritable() || attached.awaited().size() > ReplyQueue.MOST) {
                channel.config().setAutoRead(false);
            }
        }
        out.flush();
        if (!channel.isWritable()) {
            // Whoever takes no answers asks nothing more.
            channel.config().setAutoRead(false);
        }
    }

    void settleBoth() {
        ServerConnection attached = server();
        if (attached != null) {
            attached.out().settle();
        }
        out.settle();
    }

    /** Owed by the router itself. */
    void local(ServerConnection to, Awaited kind, @Nullable Undo undo) {
        to.owe(kind, undo);
        if (to.awaited().size() == 1) {
            to.replies().localsAreDue();
        }
    }

    /** A simple query goes out. */
    void queryGoesOut() {
        input.batchEnded();
        holds.unnamedIs(null);
        pool.figures().queries++;
    }

    /** A prepared statement is about to run, or to be prepared. */
    void willRun(Prepared prepared) {
        holds.willRun(prepared);
        if (prepared.forgets) {
            input.batchForgets();
        }
    }

    /** A portal was made of it, which is likely to be executed next. */
    void binds(Prepared prepared) {
        willRun(prepared);
        boundCommit = (prepared.suspicion & Suspicion.IS_COMMIT) != 0;
    }

    /** Whether the portal that was made last commits. */
    boolean boundCommit() {
        return boundCommit;
    }

    /** What the client was told to leave out has ended. */
    void skipped() {
        phase = Phase.IDLE;
        endIfDrained();
    }

    /** The client was told an error in a batch of extended messages. */
    void skip() {
        phase = Phase.SKIPPING;
    }

    /** Holds the client's input until the server has answered everything, or while the router uses it itself. */
    void prepareFirst() {
        phase = Phase.PREPARING;
    }

    /** Whether preparing a statement first is possible, and was not tried in vain. */
    boolean mayPrepare(Prepared missing) {
        return server() != null && missing != unpreparable && !input.isBatchOpen();
    }

    /** Whether it is possible between the messages of a batch. */
    boolean mayPrepareInBatch(Prepared missing) {
        return server() != null && missing != unpreparable && input.isBatchOpen();
    }

    void couldNotPrepare(Prepared missing) {
        unpreparable = missing;
    }

    void preparedWhatItCould() {
        unpreparable = null;
    }

    /** The server looks at nothing before the Sync that may be among what is held. */
    void serverSkips(ServerConnection at) {
        if (phase == Phase.PREPARING && server() == at && !at.own().isRunning()) {
            phase = Phase.ACTIVE;
            input.resume();
        }
    }

    /** The router is done with the server connection; what is held goes on to it. */
    void prepared(ServerConnection with) {
        if (phase == Phase.GONE) {
            use.cleanUp(with);
        } else if (server() == with) {
            phase = Phase.ACTIVE;
            input.resume();
            use.giveBackIfDone();
        }
    }

    // What the server answers

    void copyBegan() {
        input.copyBegan();
    }

    void copyEnded() {
        input.copyEnded();
    }

    /** Tells an error that names a statement by the router's name for it, with the client's own. */
    boolean errorInItsOwnWords(ByteBuf in, int body, int length, byte @Nullable [] asked) {
        return holds.hasNames() && ErrorFields.rename(in, body, length, holds.names(), asked, out);
    }

    void serverReady(ServerConnection from) {
        if (from.awaited().isEmpty()) {
            input.copyEnded();
            if (from.status() == 'I') {
                pool.figures().transactions++;
            }
            if (from.status() != 'T') {
                portals.transactionEnded();
            }
        }
        if (phase == Phase.LEAVING) {
            if (from.awaited().readies() == 0) {
                leave();
            }
            return;
        }
        if (phase == Phase.PREPARING) {
            if (from.awaited().isEmpty() && !from.own().isRunning()) {
                prepared(from);
            }
            return;
        }
        use.giveBackIfDone();
    }

    /** What is held is answered with an error. */
    void refuse(Problem problem) {
        if (phase == Phase.STARTING) {
            end(problem.asFatal());
            return;
        }
        input.refuseNext(problem);
        phase = Phase.IDLE;
        input.resume();
    }

    // Flow

    /** The client does not keep up: the server is read no further until it does. */
    void restrain(ServerConnection from) {
        // What the router asks itself is not for the client, and must not wait for it.
        if (!channel.isWritable() && !from.own().isRunning()) {
            from.channel().config().setAutoRead(false);
        }
        readOn();
    }

    void readOn() {
        if (channel.config().isAutoRead() || phase == Phase.GONE) {
            return;
        }
        ServerConnection attached = server();
        boolean ahead = attached != null
                && (!attached.channel().isWritable() || attached.awaited().size() > ReplyQueue.MOST / 2);
        if (!input.isFull() && !ahead && channel.isWritable()) {
            channel.config().setAutoRead(true);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!channel.isWritable()) {
            return;
        }
        ServerConnection from = server();
        if (from != null) {
            from.channel().config().setAutoRead(true);
        }
        readOn();
    }

    /** Called every second. */
    void look(long now) {
        if (input.isStalled(now)) {
            end(Problem.fatal(
                    "08P01",
                    "a message was begun and not sent to its end",
                    "",
                    "the client, or the network before it, stopped in the middle of a message"));
        }
    }

    // Pausing

    /** A session that keeps its server connection begins nothing there while its database is paused. */
    boolean waitsForResume() {
        if (!pool.isPaused() || phase != Phase.ACTIVE || !isAtRest()) {
            return false;
        }
        phase = Phase.PREPARING;
        use.waitingBegan();
        return true;
    }

    /** Its database is not paused any more. */
    void resumed() {
        ServerConnection kept = server();
        if (phase == Phase.PREPARING && kept != null && isAtRest()) {
            prepared(kept);
        }
    }

    /** Whether it keeps a server connection on which nothing is under way. */
    boolean isAtRest() {
        ServerConnection kept = server();
        return kept != null && kept.isQuiet() && !input.isUnderWay();
    }

    // Cancelling

    /** Whether a query of this client runs on its server connection, and may be cancelled there. */
    boolean runsSomething() {
        ServerConnection at = server();
        return at != null
                && !at.own().isRunning()
                && !at.awaited().isEmpty()
                && !at.awaited().mayBeCommitting();
    }

    // The end

    /** Ends as soon as nothing is under way. */
    void drain() {
        draining = true;
        switch (phase) {
            case IDLE, WAITING, STARTING, SKIPPING -> end(Sessions.GOING_DOWN);
            case ACTIVE, PREPARING -> endIfDrained();
            case LEAVING, GONE -> {}
        }
    }

    boolean endIfDrained() {
        ServerConnection at = server();
        if (draining && (at == null || at.isQuiet()) && !input.isUnderWay()) {
            end(Sessions.GOING_DOWN);
            return true;
        }
        return false;
    }

    /** Tells the client a last error, if it would take it for one, and closes. */
    void end(Problem problem) {
        if (phase == Phase.GONE) {
            return;
        }
        ServerConnection at = server();
        if (at == null || !at.isWithinForwarded()) {
            Messages.error(out.piece(), problem);
            out.settle();
        }
        leave();
    }

    /** The router itself failed: what the server was sent may be half a message. */
    void giveUp() {
        ServerConnection at = server();
        if (at != null) {
            at.channel().close();
        }
        end(Problem.fatal("XX000", "the router failed at this message; its log says how", "", ""));
    }

    /** The client said goodbye: what it asked before is answered first. */
    void leaveWhenAnswered(ServerConnection at) {
        if (at.awaited().readies() > 0 && !input.isCopying()) {
            phase = Phase.LEAVING;
        } else {
            leave();
        }
    }

    /** The client goes, or is let go. */
    void leave() {
        if (phase == Phase.GONE) {
            return;
        }
        boolean waiting = isWaiting();
        phase = Phase.GONE;
        out.flush();
        closeWhenWritten();
        if (waiting) {
            pool.forget(this);
        }
        state.left(this);
        input.discard();
        holds.end();
        ServerConnection from = server();
        if (from == null) {
            return;
        }
        if (from.own().isRunning()) {
            // It is cleaned up when that is answered, which must not wait for a client that does not read.
            from.channel().config().setAutoRead(true);
        } else {
            use.cleanUp(from);
        }
    }

    private void closeWhenWritten() {
        ChannelFuture written = channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
        if (written.isDone()) {
            channel.close();
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
            state.loop().schedule(() -> channel.close(), GOODBYE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ServerConnection from = server();
        try {
            if (from != null && phase != Phase.LEAVING && runsSomething()) {
                // Its answer has nobody to go to any more.
                state.cancel(from);
            }
            leave();
        } finally {
            input.discard();
            out.discard();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            state.log().warn("The connection of a client of {} is closed", pool, cause);
        }
        ctx.close();
    }
}
