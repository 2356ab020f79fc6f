package io.understudy.router.session;

import io.understudy.protocol.postgres.ScramKeys;
import io.understudy.router.RouterSettings.PoolMode;
import io.understudy.router.admin.Refusal;
import io.understudy.router.back.LoginAttempt;
import io.understudy.router.back.ServerRefusedException;
import io.understudy.router.back.Welcome;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.topology.Topology;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The server connections of one user in one database, and the clients that wait for one. Owned by the event loop. */
final class Pool implements Home {
    private static final Duration RETRY = Duration.ofMillis(100);
    private static final int MOST_GREETINGS = 1000;

    private final Pools pools;
    private final RouterState state;
    private final String user;
    private final String database;
    private final ArrayDeque<ServerConnection> resting = new ArrayDeque<>();
    private final Set<ServerConnection> servers = new LinkedHashSet<>();
    private final Set<ClientSession> waiting = new LinkedHashSet<>();
    private final Map<LoginAttempt, Topology.Primary> attempts = new LinkedHashMap<>();
    private final Figures figures;
    private final Map<SessionSettings, Parameters> greetings = new HashMap<>();
    private final List<ScramKeys> replaced = new ArrayList<>();
    private Optional<ScramKeys> keys = Optional.empty();
    private String lastProblem = "";
    private int clients;
    private boolean retrying;
    private boolean pumping;

    Pool(Pools pools, RouterState state, String user, String database) {
        this.pools = pools;
        this.state = state;
        this.user = user;
        this.database = database;
        this.figures = pools.figures(user, database);
    }

    String user() {
        return user;
    }

    String database() {
        return database;
    }

    Set<ServerConnection> servers() {
        return servers;
    }

    Set<ClientSession> waiting() {
        return waiting;
    }

    int resting() {
        return resting.size();
    }

    int opening() {
        return attempts.size();
    }

    int clients() {
        return clients;
    }

    /** Whether it may open another one as soon as there is room. */
    boolean isStarving() {
        return !waiting.isEmpty() && attempts.isEmpty() && !retrying && !isPaused();
    }

    boolean isPaused() {
        return pools.isPaused(database);
    }

    /** Why opening a server connection last failed; empty since one succeeded. */
    String lastProblem() {
        return lastProblem;
    }

    @Override
    public Figures figures() {
        return figures;
    }

    /** Server connections that are there or on their way. */
    int size() {
        return servers.size() + attempts.size();
    }

    boolean sharesTransactions() {
        return state.settings().poolMode() == PoolMode.TRANSACTION;
    }

    // Clients

    void entered(Optional<ScramKeys> newest) {
        clients++;
        if (newest.isPresent()) {
            keys.ifPresent(replaced::add);
            keys = newest.map(ScramKeys::copy);
            wipeReplaced();
        }
    }

    void left(ClientSession client) {
        clients--;
        waiting.remove(client);
        pools.emptied(this);
    }

    /** What a server says to a session with these settings; null when none was asked yet. */
    @Nullable
    Parameters greeting(SessionSettings settings) {
        return pools.primary() == null ? null : greetings.get(settings);
    }

    void greetingIs(SessionSettings settings, Parameters parameters) {
        if (greetings.size() >= MOST_GREETINGS) {
            greetings.clear();
        }
        greetings.put(settings, parameters);
    }

    /** Gives the client a server connection, now or when there is one. */
    void request(ClientSession client) {
        ServerConnection free = isPaused() || pools.primary() == null ? null : takeResting();
        if (free != null) {
            client.use().attached(free);
            return;
        }
        if (state.waiting() >= state.settings().maxWaiting()) {
            figures.refused(Refusal.QUEUE_FULL);
            client.refuse(Problem.error(
                    "53300",
                    "the router has no server connection free, and %d clients wait already".formatted(state.waiting()),
                    situation(),
                    "Raise max-waiting, or the pool's size."));
            return;
        }
        if (waiting.add(client)) {
            state.waitingChanged(1);
        }
        open();
    }

    void forget(ClientSession client) {
        if (waiting.remove(client)) {
            state.waitingChanged(-1);
        }
    }

    // Server connections

    @Override
    public void giveBack(ServerConnection server) {
        if (!server.isOpen()) {
            return;
        }
        if (server.isCancelling()) {
            server.restWhenCancelled();
            return;
        }
        if (server.isRetiring()
                || isPaused()
                || size() > state.settings().poolSize()
                || !pools.isCurrent(server)
                || pools.isNeededElsewhere(this)) {
            server.close();
            return;
        }
        server.rests();
        resting.addFirst(server);
        pump();
    }

    @Override
    public void closed(ServerConnection server) {
        servers.remove(server);
        resting.remove(server);
        figures.serversClosed++;
        figures.serversLost += server.isRetiring() ? 0 : 1;
        pools.freed();
        pools.emptied(this);
    }

    /** Serves those who wait, as far as there are server connections, and opens more as far as that is allowed. */
    void pump() {
        if (pumping) {
            // Whoever pumps sees what was given back meanwhile; thousands of clients may do so before this one returns.
            return;
        }
        pumping = true;
        try {
            while (!waiting.isEmpty() && !isPaused() && pools.primary() != null) {
                ServerConnection free = takeResting();
                ClientSession next = free == null ? null : nextWaiting();
                if (free == null || next == null) {
                    break;
                }
                next.use().attached(free);
            }
        } finally {
            pumping = false;
        }
        open();
    }

    private @Nullable ServerConnection takeResting() {
        while (true) {
            ServerConnection free = resting.pollFirst();
            if (free == null || (free.isOpen() && pools.isCurrent(free) && !free.isRetiring())) {
                return free;
            }
            free.close();
        }
    }

    private @Nullable ClientSession nextWaiting() {
        if (waiting.isEmpty()) {
            return null;
        }
        ClientSession next = waiting.iterator().next();
        forget(next);
        figures.waited(System.nanoTime() - next.use().waitingSince());
        return next;
    }

    private void open() {
        while (attempts.size() < waiting.size() && !retrying && !isPaused()) {
            Topology.Primary primary = pools.primary();
            if (primary == null || !pools.mayOpen(this)) {
                return;
            }
            Optional<ScramKeys> used = keys;
            LoginAttempt attempt = pools.login(this, primary, used);
            attempts.put(attempt, primary);
            attempt.outcome().whenComplete((@Nullable Welcome welcome, @Nullable Throwable failure) -> {
                try {
                    if (attempts.remove(attempt) != null) {
                        opened(primary, used, welcome, failure);
                    }
                } catch (RuntimeException broken) {
                    // Nobody looks at what a completion throws.
                    state.log().error("A server connection of {} was opened in vain", this, broken);
                }
            });
        }
    }

    private void opened(
            Topology.Primary primary,
            Optional<ScramKeys> used,
            @Nullable Welcome welcome,
            @Nullable Throwable failure) {
        if (welcome == null) {
            refused(used, failure);
            wipeReplaced();
            pools.freed();
            pools.emptied(this);
            return;
        }
        wipeReplaced();
        ServerConnection server = new ServerConnection(this, state, primary, welcome);
        servers.add(server);
        figures.serversOpened++;
        server.begin();
        if (!primary.equals(pools.primary()) || server.isReplica()) {
            lastProblem = server.isReplica()
                    ? "the server at " + primary.database() + " is a replica, not the primary"
                    : "another node became primary";
            server.close();
            if (server.isReplica()) {
                pools.suspect();
            }
            retry();
            return;
        }
        lastProblem = "";
        giveBack(server);
    }

    private void refused(Optional<ScramKeys> used, @Nullable Throwable failure) {
        Throwable cause = failure != null
                        && failure.getCause() != null
                        && failure instanceof java.util.concurrent.CompletionException
                ? failure.getCause()
                : failure;
        lastProblem = cause == null ? "" : String.valueOf(cause.getMessage());
        if (cause instanceof ServerRefusedException refusal) {
            String sqlState = refusal.fields().sqlState();
            if (refusal.isAboutIdentity()) {
                pools.identityRefused(user);
                if (!keys.equals(used)) {
                    // A client came with newer ones meanwhile.
                    open();
                    return;
                }
            }
            if (!isPassing(sqlState)) {
                Problem told = Problem.error(
                        sqlState,
                        refusal.fields().message(),
                        refusal.fields().detail().orElse(""),
                        refusal.fields().hint().orElse(""));
                List<ClientSession> all = new ArrayList<>(waiting);
                all.forEach(this::forget);
                all.forEach(client -> {
                    figures.refused(Refusal.SERVER);
                    if (refusal.isAboutIdentity()) {
                        // What it logged in with is worth nothing any more, and it will never be asked for it again.
                        client.end(told.asFatal());
                    } else {
                        client.refuse(told);
                    }
                });
                return;
            }
        } else {
            pools.suspect();
        }
        retry();
    }

    /** Too many connections, or a server that starts or ends: later it may be different. */
    private static boolean isPassing(String sqlState) {
        return sqlState.startsWith("53") || sqlState.startsWith("57P");
    }

    private void retry() {
        if (retrying) {
            return;
        }
        retrying = true;
        state.loop()
                .schedule(
                        () -> {
                            retrying = false;
                            pump();
                        },
                        RETRY.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    // Time

    /** Tells those who waited too long. */
    void giveUpWaiting(long now) {
        Duration limit = state.settings().queueTimeout();
        while (!waiting.isEmpty()) {
            ClientSession first = waiting.iterator().next();
            if (now - first.use().waitingSince() < limit.toNanos()) {
                return;
            }
            forget(first);
            figures.refused(pools.primary() == null ? Refusal.NO_PRIMARY : Refusal.QUEUE_TIMEOUT);
            first.refuse(Problem.error(
                    pools.primary() == null ? "53000" : "53300",
                    pools.primary() == null
                            ? "there was no primary for %d ms".formatted(limit.toMillis())
                            : "no server connection became free within %d ms".formatted(limit.toMillis()),
                    situation(),
                    "Nothing was done; the statement can be sent again. SHOW POOLS and SHOW PINS in the router's own database"
                            + " tell who has the server connections."));
        }
    }

    /** Closes what rests for too long, and asks the others whether they are well. */
    void maintain(long now) {
        for (ServerConnection server : List.copyOf(resting)) {
            if (now - server.restingSince() > state.settings().idleServer().toNanos()
                    || server.isRetiring()
                    || !pools.isCurrent(server)) {
                resting.remove(server);
                server.close();
            } else if (now - Math.max(server.checkedNanos(), server.restingSince())
                    > state.settings().healthCheck().toNanos()) {
                check(server);
            }
        }
    }

    private void check(ServerConnection server) {
        resting.remove(server);
        server.checked();
        Runnable late = () -> {
            if (server.own().isRunning() && server.client() == null) {
                state.log().warn("A server connection of {} does not answer its health check and is closed", this);
                pools.suspect();
                server.channel().close();
            }
        };
        var limit = state.loop().schedule(late, state.settings().healthCheck().toMillis(), TimeUnit.MILLISECONDS);
        server.own().ask("select pg_catalog.pg_is_in_recovery()", answer -> {
            limit.cancel(false);
            if (!server.isOpen()) {
                pools.suspect();
            } else if (answer.failed() || !"f".equals(answer.rows().get(0).get(0))) {
                state.log().warn("A server connection of {} is not one to a primary any more and is closed", this);
                pools.suspect();
                server.close();
            } else {
                giveBack(server);
            }
        });
    }

    // Orders

    /** Ends what rests; {@link #giveBack} ends the others as they become free, and nothing is opened. */
    void pauseBegan() {
        for (ServerConnection server : List.copyOf(resting)) {
            resting.remove(server);
            server.close();
        }
    }

    /** Every server connection is replaced when its client is done with it. */
    void reconnect() {
        servers.forEach(ServerConnection::retire);
        maintain(System.nanoTime());
        greetings.clear();
    }

    /** Server connections to a former primary end now, and log-ins there, which may wait for a host that is gone. */
    void endOthersThan(Topology.Primary primary) {
        greetings.clear();
        for (Map.Entry<LoginAttempt, Topology.Primary> attempt : List.copyOf(attempts.entrySet())) {
            if (attempt.getValue().epoch().number() < primary.epoch().number()) {
                attempts.remove(attempt.getKey());
                attempt.getKey().abandon();
            }
        }
        wipeReplaced();
        for (ServerConnection server : List.copyOf(servers)) {
            if (server.primary().epoch().number() < primary.epoch().number()) {
                server.retire();
                resting.remove(server);
                server.channel().close();
            }
        }
    }

    /** What is to end and rests ends now. */
    void closeRetired() {
        for (ServerConnection server : List.copyOf(resting)) {
            if (server.isRetiring()) {
                resting.remove(server);
                server.close();
            }
        }
    }

    /** The oldest one that rests; null when none does. */
    @Nullable
    ServerConnection takeOldestResting() {
        return resting.pollLast();
    }

    void closeAll() {
        for (ServerConnection server : List.copyOf(servers)) {
            server.close();
        }
    }

    void wipeKeys() {
        keys.ifPresent(replaced::add);
        keys = Optional.empty();
        wipeReplaced();
    }

    /** A log-in that is under way still needs its own. */
    private void wipeReplaced() {
        if (attempts.isEmpty()) {
            replaced.forEach(ScramKeys::close);
            replaced.clear();
        }
    }

    private String situation() {
        return "pool %s: %d server connections (at most %d), %d of them free, %d being opened; %d clients, %d waiting%s%s"
                .formatted(
                        this,
                        servers.size(),
                        state.settings().poolSize(),
                        resting.size(),
                        attempts.size(),
                        clients,
                        waiting.size(),
                        isPaused() ? "; paused: RESUME in the router's own database ends that" : "",
                        lastProblem.isEmpty() ? "" : "; last problem: " + lastProblem);
    }

    @Override
    public String toString() {
        return user + "@" + database;
    }
}
