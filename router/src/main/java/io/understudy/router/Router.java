package io.understudy.router;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.util.ResourceLeakDetector;
import io.understudy.router.admin.RouterFigures;
import io.understudy.router.admin.Surroundings;
import io.understudy.router.back.BackTls;
import io.understudy.router.front.FrontDoor;
import io.understudy.router.front.FrontTls;
import io.understudy.router.session.Sessions;
import io.understudy.router.topology.TopologySource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running router: clients of PostgreSQL connect to its port and reach the primary, pooled. One event loop does all the work; the
 * methods here may be called from any other thread.
 */
public final class Router implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    private static final int BACKLOG = 4096;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 << 10, 128 << 10);
    private static final Duration DRAIN_LOOK = Duration.ofMillis(20);

    private final EventLoopGroup group;
    private final EventLoop loop;
    private final Sessions sessions;
    private final FrontDoor door;
    private final Channel listener;
    private final TopologySource.Subscription subscription;
    private boolean closed;

    private Router(
            EventLoopGroup group,
            EventLoop loop,
            Sessions sessions,
            FrontDoor door,
            Channel listener,
            TopologySource.Subscription subscription) {
        this.group = group;
        this.loop = loop;
        this.sessions = sessions;
        this.door = door;
        this.listener = listener;
        this.subscription = subscription;
    }

    /**
     * How a router reaches clients and servers, besides its settings.
     *
     * @param catalogue its own log-in
     * @param suspect is run when server connections break, so that the topology is looked at again
     */
    public record Access(FrontTls front, BackTls back, Sessions.CatalogueLogin catalogue, Runnable suspect) {}

    /**
     * Starts to listen.
     *
     * @throws IOException when the address cannot be listened at
     */
    public static Router start(RouterSettings settings, Access access, TopologySource topology)
            throws IOException, InterruptedException {
        leaveLeakDetectionOffUnlessAsked();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1, Thread.ofPlatform().name("router").daemon().factory(), EpollIoHandler.newFactory());
        EventLoop loop = group.next();
        try {
            Sessions sessions = onLoop(
                    loop, () -> new Sessions(loop, settings, access.back(), access.catalogue(), access.suspect()));
            FrontDoor door = new FrontDoor(settings, access.front(), sessions.verifiers(), sessions);
            Channel listener = listen(settings, group, door);
            loop.execute(sessions::start);
            TopologySource.Subscription subscription =
                    topology.subscribe(told -> loop.execute(() -> sessions.topologyIs(told)));
            return new Router(group, loop, sessions, door, listener, subscription);
        } catch (IOException | InterruptedException | RuntimeException failed) {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw failed;
        }
    }

    /** It follows every hundredth buffer with a stack trace, for which a router has better uses. */
    private static void leaveLeakDetectionOffUnlessAsked() {
        if (System.getProperty("io.netty.leakDetection.level") == null
                && System.getProperty("io.netty.leakDetectionLevel") == null) {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
    }

    private static Channel listen(RouterSettings settings, EventLoopGroup group, FrontDoor door)
            throws IOException, InterruptedException {
        var bound = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(door)
                .bind(new InetSocketAddress(
                        settings.listen().host(), settings.listen().port()))
                .await();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "The router cannot listen at " + settings.listen() + ": "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        return bound.channel();
    }

    /** Where it listens. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** From now on these settings and certificates count, for sessions that are there too. {@code listen} stays what it was. */
    public void reload(RouterSettings settings, FrontTls tls) throws InterruptedException {
        onLoop(loop, () -> {
            door.reload(settings, tls);
            sessions.settingsAre(settings);
            return true;
        });
    }

    /** What the program around offers the operators of this router, instead of {@link Surroundings#NONE}. */
    public void surroundingsAre(Surroundings surroundings) throws InterruptedException {
        onLoop(loop, () -> {
            sessions.surroundingsAre(surroundings);
            return true;
        });
    }

    /**
     * What is there now, and what was counted since the start.
     *
     * @return empty when the event loop has not answered after {@code longest}, or has ended
     */
    public Optional<RouterFigures> figures(Duration longest) throws InterruptedException {
        CompletableFuture<RouterFigures> seen = new CompletableFuture<>();
        try {
            loop.execute(() -> {
                if (!seen.isCancelled()) {
                    seen.complete(sessions.figures().with(new RouterFigures.Door(door.clients(), door.refused())));
                }
            });
            return Optional.of(seen.get(longest.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException | RejectedExecutionException busyOrEnded) {
            seen.cancel(false);
            return Optional.empty();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("the router's event loop failed", impossible.getCause());
        }
    }

    /**
     * Lets nobody in any more, and waits for transactions to end.
     *
     * @return how many sessions were left after {@code longest}
     */
    public int drain(Duration longest) throws InterruptedException {
        listener.close().await();
        long deadline = System.nanoTime() + longest.toNanos();
        while (true) {
            int left = onLoop(loop, sessions::drain);
            if (left == 0 || System.nanoTime() - deadline >= 0) {
                return left;
            }
            TimeUnit.NANOSECONDS.sleep(DRAIN_LOOK.toNanos());
        }
    }

    /** Ends every session at once and stops. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        subscription.close();
        listener.close();
        try {
            onLoop(loop, () -> {
                sessions.close();
                return true;
            });
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS).await(3, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        LOG.info("The router at port {} stopped", port());
    }

    private static <T> T onLoop(EventLoop loop, Callable<T> work) throws InterruptedException {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                done.complete(work.call());
            } catch (Exception failed) {
                done.completeExceptionally(failed);
            }
        });
        try {
            return done.get();
        } catch (ExecutionException failed) {
            throw new IllegalStateException("the router's event loop failed", failed.getCause());
        }
    }
}
