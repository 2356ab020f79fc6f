package io.understudy.router.session;

import io.understudy.protocol.postgres.ScramKeys;
import io.understudy.router.RouterSettings;
import io.understudy.router.back.Destination;
import io.understudy.router.back.LoginAttempt;
import io.understudy.router.back.ServerLogin;
import io.understudy.router.topology.Topology;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All pools, the limits that they share, and the gate: who is primary. Owned by the event loop. */
final class Pools {
    /** So many users in databases are counted one by one; later ones together: what is told of them stays small. */
    static final int MOST_COUNTED = 200;

    /** Which pool. */
    record Key(String user, String database) {}

    private final RouterState state;
    private final ServerLogin login;
    private final Runnable suspect;
    private final Consumer<String> identityRefused;
    private final Map<Key, Pool> pools = new LinkedHashMap<>();
    private final Map<Key, Figures> figures = new LinkedHashMap<>();
    private final Figures others = new Figures();
    private final Pauses pauses = new Pauses(this);
    private Topology topology = new Topology.Unknown();

    Pools(RouterState state, ServerLogin login, Runnable suspect, Consumer<String> identityRefused) {
        this.state = state;
        this.login = login;
        this.suspect = suspect;
        this.identityRefused = identityRefused;
    }

    Collection<Pool> all() {
        return pools.values();
    }

    Pool of(String user, String database) {
        return pools.computeIfAbsent(new Key(user, database), key -> new Pool(this, state, user, database));
    }

    Pauses pauses() {
        return pauses;
    }

    boolean isPaused(String database) {
        return pauses.covers(database);
    }

    /** What is counted for them, also while there is no pool. */
    Figures figures(String user, String database) {
        Key key = new Key(user, database);
        Figures known = figures.get(key);
        if (known == null) {
            if (figures.size() >= MOST_COUNTED) {
                return others;
            }
            known = new Figures();
            figures.put(key, known);
        }
        return known;
    }

    Map<Key, Figures> figures() {
        return figures;
    }

    /** Counts for all for which there are none of their own. */
    Figures others() {
        return others;
    }

    @Nullable
    Pool existing(Key key) {
        return pools.get(key);
    }

    Topology topology() {
        return topology;
    }

    /** Null while none is known to be open: nothing is routed. */
    Topology.@Nullable Primary primary() {
        return topology instanceof Topology.Primary primary ? primary : null;
    }

    /** What the source says now. */
    void topologyIs(Topology told) {
        Topology before = topology;
        if (before.equals(told)) {
            return;
        }
        topology = told;
        state.log().info("Topology: {} -> {}", before, told);
        if (told instanceof Topology.Primary primary) {
            pools.values().forEach(pool -> pool.endOthersThan(primary));
            List.copyOf(pools.values()).forEach(Pool::pump);
        }
    }

    boolean isCurrent(ServerConnection server) {
        Topology.Primary primary = primary();
        return primary == null || server.primary().equals(primary);
    }

    LoginAttempt login(Pool pool, Topology.Primary primary, Optional<ScramKeys> keys) {
        return login.login(new Destination(primary.database(), pool.user(), pool.database(), keys, Map.of()));
    }

    void suspect() {
        suspect.run();
    }

    void identityRefused(String user) {
        identityRefused.accept(user);
    }

    // Limits

    int servers() {
        return pools.values().stream().mapToInt(Pool::size).sum();
    }

    /** Whether a pool may have one more; makes room where another pool's rests. */
    boolean mayOpen(Pool pool) {
        RouterSettings settings = state.settings();
        if (pool.size() >= settings.poolSize()) {
            return false;
        }
        Room room = room(pool);
        if (room.isThere()) {
            return true;
        }
        for (Pool other : pools.values()) {
            if (other == pool
                    || (room.userFull && !other.user().equals(pool.user()))
                    || (room.databaseFull && !other.database().equals(pool.database()))) {
                continue;
            }
            ServerConnection spare = other.takeOldestResting();
            if (spare != null) {
                // Its end is told, and then there is room.
                spare.close();
                return false;
            }
        }
        return false;
    }

    /** The limits may be lower than they were: what is beyond them ends, at once where it rests, otherwise when its client is done. */
    void limitsChanged() {
        RouterSettings settings = state.settings();
        for (Pool pool : List.copyOf(pools.values())) {
            retire(pool.size() - settings.poolSize(), List.of(pool));
            retire(
                    room(pool).ofUser - settings.maxUserServers(),
                    pools.values().stream()
                            .filter(other -> other.user().equals(pool.user()))
                            .toList());
            retire(
                    room(pool).ofDatabase - settings.maxDatabaseServers(),
                    pools.values().stream()
                            .filter(other -> other.database().equals(pool.database()))
                            .toList());
        }
        retire(servers() - settings.maxServers(), List.copyOf(pools.values()));
    }

    private static void retire(int tooMany, List<Pool> among) {
        List<ServerConnection> all = among.stream()
                .flatMap(pool -> pool.servers().stream())
                .sorted((one, other) -> Boolean.compare(other.isRetiring(), one.isRetiring()))
                .toList();
        // Those that are to end already come first, so that nothing is ended twice over.
        all.stream().limit(Math.max(0, tooMany)).forEach(ServerConnection::retire);
        among.forEach(Pool::closeRetired);
    }

    private record Room(int ofUser, int ofDatabase, boolean userFull, boolean databaseFull, boolean allFull) {
        boolean isThere() {
            return !userFull && !databaseFull && !allFull;
        }
    }

    private Room room(Pool pool) {
        RouterSettings settings = state.settings();
        int all = 0;
        int ofUser = 0;
        int ofDatabase = 0;
        for (Pool other : pools.values()) {
            all += other.size();
            ofUser += other.user().equals(pool.user()) ? other.size() : 0;
            ofDatabase += other.database().equals(pool.database()) ? other.size() : 0;
        }
        return new Room(
                ofUser,
                ofDatabase,
                ofUser >= settings.maxUserServers(),
                ofDatabase >= settings.maxDatabaseServers(),
                all >= settings.maxServers());
    }

    /** Whether another pool, with a client that waits for longer, lacks only the room that one of this pool's connections takes. */
    boolean isNeededElsewhere(Pool pool) {
        if (state.waiting() == 0) {
            return false;
        }
        long own = oldest(pool);
        for (Pool other : pools.values()) {
            if (other != pool
                    && other.isStarving()
                    && oldest(other) < own
                    && other.size() < state.settings().poolSize()) {
                Room room = room(other);
                if (!room.isThere()
                        && (!room.userFull || other.user().equals(pool.user()))
                        && (!room.databaseFull || other.database().equals(pool.database()))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static long oldest(Pool pool) {
        return pool.waiting().isEmpty()
                ? Long.MAX_VALUE
                : pool.waiting().iterator().next().use().waitingSince();
    }

    /** There is room for one more. */
    void freed() {
        pauses.look();
        if (state.waiting() > 0) {
            List.copyOf(pools.values()).forEach(Pool::pump);
        }
    }

    /** Forgets a pool that nobody uses. */
    void emptied(Pool pool) {
        if (pool.clients() == 0 && pool.size() == 0) {
            pools.remove(new Key(pool.user(), pool.database()), pool);
            pool.wipeKeys();
        }
    }

    // Time

    void giveUpWaiting() {
        pauses.look();
        if (state.waiting() > 0) {
            long now = System.nanoTime();
            List.copyOf(pools.values()).forEach(pool -> pool.giveUpWaiting(now));
        }
    }

    void maintain() {
        long now = System.nanoTime();
        List.copyOf(pools.values()).forEach(pool -> pool.maintain(now));
        List.copyOf(state.clients().values()).forEach(client -> client.look(now));
        figures.values().forEach(each -> each.second(now));
        others.second(now);
    }

    void closeAll() {
        List.copyOf(pools.values()).forEach(Pool::closeAll);
    }
}
