package io.understudy.router.session;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.understudy.router.RouterSettings;
import io.understudy.router.admin.ClientView;
import io.understudy.router.admin.Operations;
import io.understudy.router.admin.PinKind;
import io.understudy.router.admin.PoolFigures;
import io.understudy.router.admin.RouterFigures;
import io.understudy.router.admin.Scope;
import io.understudy.router.admin.ServerView;
import io.understudy.router.admin.Setting;
import io.understudy.router.admin.Surroundings;
import io.understudy.router.sql.Pin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What operators see and order, of sessions and pools. Owned by the event loop. */
final class Operating implements Operations {
    /** So many of those that still run are named. */
    private static final int MOST_NAMED = 5;

    private final RouterState state;
    private final Pools pools;
    private Surroundings surroundings = Surroundings.NONE;
    private boolean reloading;

    Operating(RouterState state, Pools pools) {
        this.state = state;
        this.pools = pools;
    }

    void surroundingsAre(Surroundings around) {
        surroundings = around;
    }

    // What is there

    @Override
    public RouterFigures figures() {
        Map<Pool, List<ClientSession>> byPool = new HashMap<>();
        Map<PinKind, Integer> pinned = new EnumMap<>(PinKind.class);
        for (PinKind kind : PinKind.values()) {
            pinned.put(kind, 0);
        }
        for (ClientSession client : state.clients().values()) {
            byPool.computeIfAbsent(client.pool(), pool -> new ArrayList<>()).add(client);
            client.holds().pins().stream()
                    .map(pin -> PinKind.of(pin.reason()))
                    .distinct()
                    .forEach(kind -> pinned.merge(kind, 1, Integer::sum));
        }
        List<PoolFigures> all = new ArrayList<>();
        pools.figures()
                .forEach((key, counted) -> all.add(
                        PoolView.of(key, counted, pools, state.settings().poolMode(), byPool)));
        PoolView.others(pools, state.settings().poolMode(), byPool).ifPresent(all::add);
        return new RouterFigures(pools.topology(), true, 0, RouterFigures.Door.NOBODY, memory(), all, pinned);
    }

    private static RouterFigures.Memory memory() {
        return ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider told
                ? new RouterFigures.Memory(
                        told.metric().usedDirectMemory(), told.metric().usedHeapMemory())
                : new RouterFigures.Memory(0, 0);
    }

    @Override
    public List<ClientView> clients() {
        long now = System.nanoTime();
        return state.clients().values().stream()
                .map(client -> view(client, now))
                .toList();
    }

    private static ClientView view(ClientSession client, long now) {
        ServerConnection server = client.server();
        List<Pin> pins = client.holds().pins();
        String application = client.holds().settings().value("application_name");
        boolean waits = client.isWaiting() || isPaused(client);
        return new ClientView(
                client.id(),
                client.pool().user(),
                client.pool().database(),
                String.valueOf(client.channel().remoteAddress()).replaceFirst("^/", ""),
                application == null ? "" : application,
                stateOf(client),
                Duration.ofNanos(now - client.connectedNanos()),
                waits ? Duration.ofNanos(now - client.use().waitingSince()) : Duration.ZERO,
                server == null ? OptionalInt.empty() : OptionalInt.of(server.processId()),
                client.holds().preparedStatements(),
                pins.stream().map(Pin::reason).toList(),
                pins.isEmpty()
                        ? Duration.ZERO
                        : Duration.ofNanos(now - client.holds().pinnedSince()));
    }

    private static boolean isPaused(ClientSession client) {
        return client.phase() == Phase.PREPARING
                && client.isAtRest()
                && client.pool().isPaused();
    }

    private static String stateOf(ClientSession client) {
        return switch (client.phase()) {
            case STARTING -> "starting";
            case IDLE -> "idle";
            case WAITING -> "waiting";
            case PREPARING -> isPaused(client) ? "paused" : "busy";
            case ACTIVE -> client.isAtRest() ? "attached" : "active";
            case SKIPPING -> "skipping";
            case LEAVING, GONE -> "leaving";
        };
    }

    @Override
    public List<ServerView> servers() {
        long now = System.nanoTime();
        return pools.all().stream()
                .flatMap(pool -> pool.servers().stream().map(server -> view(pool, server, now)))
                .toList();
    }

    private static ServerView view(Pool pool, ServerConnection server, long now) {
        ClientSession client = server.client();
        return new ServerView(
                server.processId(),
                pool.user(),
                pool.database(),
                server.primary().node().name(),
                server.primary().epoch().number(),
                server.where().toString(),
                stateOf(server),
                Duration.ofNanos(now - server.openedNanos()),
                client == null ? OptionalInt.empty() : OptionalInt.of(client.id()),
                server.statements().size(),
                switch (server.status()) {
                    case 'T' -> "open";
                    case 'E' -> "failed";
                    default -> "idle";
                });
    }

    private static String stateOf(ServerConnection server) {
        if (server.isCancelling()) {
            return "cancelling";
        }
        if (server.client() != null) {
            return "active";
        }
        if (server.own().isRunning()) {
            return "checking";
        }
        return server.isRetiring() ? "closing" : "idle";
    }

    @Override
    public RouterSettings settings() {
        return state.settings();
    }

    @Override
    public List<Setting> configuration() {
        return surroundings.configuration(state.settings());
    }

    @Override
    public boolean isKnown(String database) {
        return pools.all().stream().anyMatch(pool -> pool.database().equals(database));
    }

    // Orders

    @Override
    public boolean isPaused(Scope scope) {
        return pools.pauses().isPaused(scope);
    }

    @Override
    public boolean isAnythingPaused() {
        return !pools.pauses().isEmpty();
    }

    @Override
    public Paused pause(Scope scope, Waiter waiter) {
        Paused done = pools.pauses().pause(scope, waiter);
        state.log().info("PAUSE of {}: {}", scope, done);
        return done;
    }

    @Override
    public void forget(Waiter waiter) {
        pools.pauses().forget(waiter);
    }

    @Override
    public void withdraw(Scope scope) {
        state.log().info("PAUSE of {} is taken back: it was not complete in time, or not wanted any more", scope);
        pools.pauses().withdraw(scope);
    }

    @Override
    public List<String> stillRunning(Scope scope) {
        List<ServerConnection> busy = pools.pauses().busy(scope);
        List<String> named = new ArrayList<>();
        for (ServerConnection server : busy.subList(0, Math.min(MOST_NAMED, busy.size()))) {
            ClientSession client = server.client();
            named.add(
                    client == null
                            ? "server process %d of %s, which is being closed"
                                    .formatted(server.processId(), server.home())
                            : "client %d (%s) in server process %d"
                                    .formatted(client.id(), client.pool(), server.processId()));
        }
        if (busy.size() > MOST_NAMED) {
            named.add("%d more".formatted(busy.size() - MOST_NAMED));
        }
        if (busy.isEmpty()) {
            named.add("server connections that are being opened");
        }
        return named;
    }

    @Override
    public void resume(Scope scope) {
        state.log().info("RESUME of {}", scope);
        pools.pauses().resume(scope);
    }

    @Override
    public int reconnect(Scope scope) {
        int count = 0;
        for (Pool pool : List.copyOf(pools.all())) {
            if (scope.covers(pool.database())) {
                count += pool.servers().size();
                pool.reconnect();
            }
        }
        state.log().info("RECONNECT of {}: {} server connections", scope, count);
        return count;
    }

    @Override
    public CompletionStage<Void> reload() {
        if (reloading) {
            return CompletableFuture.failedStage(new java.io.IOException("another RELOAD is under way"));
        }
        reloading = true;
        CompletableFuture<Void> done = new CompletableFuture<>();
        Surroundings around = surroundings;
        Thread.ofVirtual().name("reload").start(() -> {
            Throwable failure = reloaded(around);
            state.loop().execute(() -> {
                reloading = false;
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
        return done;
    }

    private static @Nullable Throwable reloaded(Surroundings around) {
        try {
            around.reload();
            return null;
        } catch (Exception failed) {
            // Told to the operator who asked.
            return failed;
        }
    }
}
