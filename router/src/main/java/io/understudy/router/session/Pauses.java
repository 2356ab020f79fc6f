package io.understudy.router.session;

import io.understudy.router.admin.Operations.Paused;
import io.understudy.router.admin.Operations.Waiter;
import io.understudy.router.admin.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Which databases get no server connections, by an operator's order. Lost at a restart. Owned by the event loop. */
final class Pauses {
    /** The most databases that are paused one by one. */
    static final int MOST = 1000;

    private record Waiting(Scope scope, Waiter waiter) {}

    private final Pools pools;
    private final Set<String> databases = new HashSet<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private boolean everything;

    Pauses(Pools pools) {
        this.pools = pools;
    }

    /** Asked for every message. */
    boolean covers(String database) {
        return everything || (!databases.isEmpty() && databases.contains(database));
    }

    boolean isEmpty() {
        return !everything && databases.isEmpty();
    }

    /** Whether {@code scope} as a whole is paused: everything by one order, or this database by its own or by that. */
    boolean isPaused(Scope scope) {
        return switch (scope) {
            case Scope.All _ -> everything;
            case Scope.Database(String name) -> covers(name);
        };
    }

    /**
     * Server connections end as they become free; sessions that keep theirs begin nothing there.
     *
     * @param waiter is told once: within this call or later
     */
    Paused pause(Scope scope, Waiter waiter) {
        if (scope instanceof Scope.Database(String name) && !databases.contains(name) && databases.size() >= MOST) {
            return Paused.TOO_MANY;
        }
        Paused done = isPaused(scope) ? Paused.BEFORE : Paused.NOW;
        switch (scope) {
            case Scope.All _ -> everything = true;
            case Scope.Database(String name) -> databases.add(name);
        }
        waiting.add(new Waiting(scope, waiter));
        covered(scope).forEach(Pool::pauseBegan);
        look();
        return done;
    }

    /** Whoever waited with this does not any more. */
    void forget(Waiter waiter) {
        waiting.removeIf(each -> each.waiter == waiter);
    }

    /** Takes one order back. */
    void withdraw(Scope scope) {
        switch (scope) {
            case Scope.All _ -> everything = false;
            case Scope.Database(String name) -> databases.remove(name);
        }
        goOn();
    }

    /** Service goes on; all that was paused one by one is with {@link Scope.All}. */
    void resume(Scope scope) {
        if (scope instanceof Scope.All) {
            databases.clear();
        }
        withdraw(scope);
    }

    private void goOn() {
        for (Pool pool : List.copyOf(pools.all())) {
            if (!covers(pool.database())) {
                for (ServerConnection server : List.copyOf(pool.servers())) {
                    ClientSession holder = server.client();
                    if (holder != null) {
                        holder.resumed();
                    }
                }
                pool.pump();
            }
        }
        look();
    }

    /** Whether anybody waits for what became true. */
    void look() {
        if (waiting.isEmpty()) {
            return;
        }
        for (Waiting each : List.copyOf(waiting)) {
            boolean resumed = !isPaused(each.scope);
            if ((resumed || isQuiet(each.scope)) && waiting.remove(each)) {
                if (resumed) {
                    each.waiter.resumed();
                } else {
                    each.waiter.quiet();
                }
            }
        }
    }

    private boolean isQuiet(Scope scope) {
        return covered(scope).noneMatch(pool -> pool.opening() > 0)
                && busy(scope).isEmpty();
    }

    /** Server connections that still do something, or are not closed yet. */
    List<ServerConnection> busy(Scope scope) {
        return covered(scope)
                .flatMap(pool -> pool.servers().stream())
                .filter(server -> {
                    ClientSession holder = server.client();
                    return holder == null || !holder.isAtRest();
                })
                .toList();
    }

    private Stream<Pool> covered(Scope scope) {
        return List.copyOf(pools.all()).stream().filter(pool -> scope.covers(pool.database()));
    }
}
