package io.understudy.router.session;

import io.understudy.router.RouterSettings.PoolMode;
import io.understudy.router.admin.PoolFigures;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Pools as operators see them. */
final class PoolView {
    private PoolView() {}

    /** One user in one database, whether there is a pool now or not. */
    static PoolFigures of(
            Pools.Key key, Figures counted, Pools pools, PoolMode mode, Map<Pool, List<ClientSession>> clients) {
        Pool pool = pools.existing(key);
        return of(
                key, counted, pool == null ? List.of() : List.of(pool), mode, clients, pools.isPaused(key.database()));
    }

    /** All together that are not counted one by one; empty when there were never any. */
    static Optional<PoolFigures> others(Pools pools, PoolMode mode, Map<Pool, List<ClientSession>> clients) {
        List<Pool> rest = pools.all().stream()
                .filter(pool -> pool.figures() == pools.others())
                .toList();
        if (rest.isEmpty() && pools.others().clients == 0) {
            return Optional.empty();
        }
        return Optional.of(of(
                new Pools.Key(PoolFigures.OTHERS, PoolFigures.OTHERS),
                pools.others(),
                rest,
                mode,
                clients,
                !rest.isEmpty() && rest.stream().allMatch(Pool::isPaused)));
    }

    private static PoolFigures of(
            Pools.Key key,
            Figures counted,
            Collection<Pool> pools,
            PoolMode mode,
            Map<Pool, List<ClientSession>> byPool,
            boolean paused) {
        List<ClientSession> clients = pools.stream()
                .flatMap(pool -> byPool.getOrDefault(pool, List.of()).stream())
                .toList();
        int active =
                (int) clients.stream().filter(each -> each.server() != null).count();
        int waiting = pools.stream().mapToInt(pool -> pool.waiting().size()).sum();
        int servers = pools.stream().mapToInt(pool -> pool.servers().size()).sum();
        int resting = pools.stream().mapToInt(Pool::resting).sum();
        return new PoolFigures(
                key.user(),
                key.database(),
                !pools.isEmpty(),
                mode,
                active,
                waiting,
                Math.max(0, clients.size() - active - waiting),
                servers - resting,
                resting,
                pools.stream().mapToInt(Pool::opening).sum(),
                oldestWait(pools),
                paused,
                pools.stream()
                        .map(Pool::lastProblem)
                        .filter(problem -> !Objects.equals(problem, ""))
                        .findFirst()
                        .orElse(""),
                counted.counts(),
                counted.paces().pace());
    }

    private static Duration oldestWait(Collection<Pool> pools) {
        long now = System.nanoTime();
        return Duration.ofNanos(pools.stream()
                .flatMap(pool -> pool.waiting().stream().limit(1))
                .mapToLong(client -> now - client.use().waitingSince())
                .max()
                .orElse(0));
    }
}
