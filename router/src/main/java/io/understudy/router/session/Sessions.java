package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import io.understudy.protocol.postgres.ScramKeys;
import io.understudy.router.RouterSettings;
import io.understudy.router.admin.AdminDesk;
import io.understudy.router.admin.RouterFigures;
import io.understudy.router.admin.Surroundings;
import io.understudy.router.back.BackTls;
import io.understudy.router.back.ServerCancel;
import io.understudy.router.back.ServerLogin;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.front.Identity;
import io.understudy.router.front.Reception;
import io.understudy.router.front.StartUp;
import io.understudy.router.front.Verifiers;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.sql.SettingRefusedException;
import io.understudy.router.topology.Topology;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Receives clients, and gives each a session. Everything runs on one event loop. */
public final class Sessions implements Reception {
    private static final Duration QUEUE_LOOK = Duration.ofMillis(50);
    private static final Duration MAINTENANCE = Duration.ofSeconds(1);
    private static final Duration CANCEL_LIMIT = Duration.ofSeconds(10);

    static final Problem GOING_DOWN =
            Problem.fatal("57P01", "terminating connection because the router is shutting down", "", "");

    private final RouterState state;
    private final Pools pools;
    private final Catalogue catalogue;
    private final Verifiers verifiers;
    private final Operating operating;
    private final AdminDesk desk;
    private boolean draining;

    /**
     * Sessions of nobody yet.
     *
     * @param login the role that reads {@code pg_authid}, and in which database
     * @param suspect is run when server connections break
     */
    public Sessions(EventLoop loop, RouterSettings settings, BackTls tls, CatalogueLogin login, Runnable suspect) {
        ServerLogin serverLogin = new ServerLogin(loop, tls, settings.loginTimeout());
        this.state = new RouterState(loop, settings, new ServerCancel(loop, tls, CANCEL_LIMIT));
        this.catalogue = new Catalogue(state, serverLogin, login.user(), login.database(), login.password());
        this.verifiers = new Verifiers(catalogue);
        this.pools = new Pools(state, serverLogin, suspect, verifiers::evict);
        this.operating = new Operating(state, pools);
        this.desk = new AdminDesk(operating);
    }

    /**
     * The router's own log-in.
     *
     * @param user may read {@code pg_authid} in {@code database}
     */
    public record CatalogueLogin(String user, String database, ServerPassword password) {}

    /** What roles prove themselves against. */
    public Verifiers verifiers() {
        return verifiers;
    }

    /** Begins to look after what takes time. */
    public void start() {
        state.loop()
                .scheduleWithFixedDelay(
                        () -> guarded(pools::giveUpWaiting),
                        QUEUE_LOOK.toMillis(),
                        QUEUE_LOOK.toMillis(),
                        TimeUnit.MILLISECONDS);
        state.loop()
                .scheduleWithFixedDelay(
                        () -> guarded(pools::maintain),
                        MAINTENANCE.toMillis(),
                        MAINTENANCE.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** A task that throws is never run again; one that failed once must be. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException failed) {
            state.log().error("Looking after the router's pools failed and is tried again", failed);
        }
    }

    /** What is known of the primary. */
    public void topologyIs(Topology topology) {
        Topology.Primary before = pools.primary();
        pools.topologyIs(topology);
        if (pools.primary() != null && !pools.primary().equals(before)) {
            // What was read from another primary's catalogue may have been lost with it.
            verifiers.evictAll();
        }
        catalogue.primaryIs(pools.primary());
    }

    /** From now on these settings count; sessions go on. */
    public void settingsAre(RouterSettings settings) {
        state.settingsAre(settings);
        pools.limitsChanged();
        pools.freed();
    }

    /** What the program around offers operators. */
    public void surroundingsAre(Surroundings surroundings) {
        operating.surroundingsAre(surroundings);
    }

    /** What is there and what was counted, without the front door's part. */
    public RouterFigures figures() {
        return operating.figures().with(!draining, desk.sessions());
    }

    private void operatorAdmitted(Channel channel, StartUp startUp, Identity identity, ByteBuf early) {
        identity.keys().ifPresent(ScramKeys::close);
        if (draining) {
            refuse(channel, early, GOING_DOWN);
            return;
        }
        int id = state.newId();
        while (desk.has(id)) {
            id = state.newId();
        }
        desk.admitted(channel, startUp.user(), id, state.newSecret(startUp.minor()), early);
    }

    @Override
    public void admitted(Channel channel, StartUp startUp, Identity identity, ByteBuf early) {
        if (startUp.database().equals(AdminDesk.DATABASE)) {
            operatorAdmitted(channel, startUp, identity, early);
            return;
        }
        SessionSettings settings;
        try {
            settings = state.settingsKnown().ofStartUp(startUp.settings());
        } catch (SettingRefusedException refused) {
            identity.keys().ifPresent(ScramKeys::close);
            refuse(channel, early, Problem.fatal(refused.sqlState(), String.valueOf(refused.getMessage()), "", ""));
            return;
        }
        if (draining) {
            identity.keys().ifPresent(ScramKeys::close);
            refuse(channel, early, GOING_DOWN);
            return;
        }
        Pool pool = pools.of(startUp.user(), startUp.database());
        ClientSession client = new ClientSession(
                state, pool, channel, startUp, settings, state.newId(), state.newSecret(startUp.minor()));
        pool.entered(identity.keys());
        identity.keys().ifPresent(ScramKeys::close);
        state.entered(client);
        channel.pipeline().addLast(client);
        client.begin(early);
    }

    private static void refuse(Channel channel, ByteBuf early, Problem problem) {
        early.release();
        ByteBuf out = channel.alloc().buffer();
        Messages.error(out, problem);
        channel.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void cancel(int id, byte[] secret, Runnable done) {
        if (desk.has(id)) {
            desk.cancel(id, secret);
            done.run();
        } else {
            state.cancel(id, secret, done);
        }
    }

    /** Lets clients go as they finish their transactions; returns how many are still there. */
    public int drain() {
        draining = true;
        for (ClientSession client : List.copyOf(state.clients().values())) {
            client.drain();
        }
        desk.close();
        return state.clients().size();
    }

    /** Ends everything. */
    public void close() {
        for (ClientSession client : List.copyOf(state.clients().values())) {
            client.end(GOING_DOWN);
        }
        desk.close();
        pools.closeAll();
        catalogue.close();
        state.buffers().close();
    }
}
