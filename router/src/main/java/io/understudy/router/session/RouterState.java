package io.understudy.router.session;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.RouterSettings;
import io.understudy.router.back.ServerCancel;
import io.understudy.router.sockets.LoopBuffers;
import io.understudy.router.sql.SessionSettings;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all sessions of one router share. Owned by the event loop. */
final class RouterState {
    private static final Logger LOG = LoggerFactory.getLogger("io.understudy.router");
    private static final int SHORT_SECRET_BYTES = 4;
    private static final int LONG_SECRET_BYTES = 32;

    /** The most that waits of all clients' input: beginnings of messages, and what waits for a server connection. */
    private static final long MOST_HELD_BYTES =
            Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 4);

    /** The most that clients' prepared statements take. */
    private static final long MOST_STATEMENT_BYTES = Runtime.getRuntime().maxMemory() / 4;

    private final EventLoop loop;
    private final ServerCancel serverCancel;
    private final Parameters.Known parameters = new Parameters.Known();
    private final SessionSettings.Interner settingsKnown = new SessionSettings.Interner();
    private final PreparedTexts texts = new PreparedTexts();
    private final StatementMemory statementMemory = new StatementMemory(MOST_STATEMENT_BYTES);
    private final SqlPrepared sqlPrepared = new SqlPrepared(this);
    private final SimpleQueries queries = new SimpleQueries(sqlPrepared);
    private final ExtendedMessages extended = new ExtendedMessages(this, sqlPrepared);
    private final LoopBuffers buffers = new LoopBuffers(ByteBufAllocator.DEFAULT);
    private final SecureRandom random = new SecureRandom();
    private final Map<Integer, ClientSession> clients = new HashMap<>();
    private RouterSettings settings;
    private int waiting;
    private long held;

    RouterState(EventLoop loop, RouterSettings settings, ServerCancel serverCancel) {
        this.loop = loop;
        this.settings = settings;
        this.serverCancel = serverCancel;
    }

    EventLoop loop() {
        return loop;
    }

    Logger log() {
        return LOG;
    }

    LoopBuffers buffers() {
        return buffers;
    }

    RouterSettings settings() {
        return settings;
    }

    void settingsAre(RouterSettings changed) {
        settings = changed;
    }

    Parameters.Known parameters() {
        return parameters;
    }

    SessionSettings.Interner settingsKnown() {
        return settingsKnown;
    }

    SessionSettings noSettings() {
        return settingsKnown.none();
    }

    /** What was asked for at the start, and what was set since. */
    SessionSettings settingsOver(SessionSettings start, SessionSettings set) {
        Map<String, String> all = new HashMap<>(start.values());
        all.putAll(set.values());
        return settingsKnown.of(all);
    }

    PreparedTexts texts() {
        return texts;
    }

    StatementMemory statementMemory() {
        return statementMemory;
    }

    SimpleQueries queries() {
        return queries;
    }

    ExtendedMessages extended() {
        return extended;
    }

    Map<Integer, ClientSession> clients() {
        return clients;
    }

    int waiting() {
        return waiting;
    }

    void waitingChanged(int by) {
        waiting += by;
    }

    /** What of clients' input waits here has changed by so much; returns whether it is not too much. */
    boolean holds(int moreBytes) {
        held += moreBytes;
        return held <= MOST_HELD_BYTES;
    }

    /** What of all clients' input waits here. */
    long heldBytes() {
        return held;
    }

    /** A number by which no other client is known. */
    int newId() {
        while (true) {
            int id = random.nextInt() & Integer.MAX_VALUE;
            if (id != 0 && !clients.containsKey(id)) {
                return id;
            }
        }
    }

    byte[] newSecret(int protocolMinor) {
        byte[] secret = new byte[protocolMinor >= 2 ? LONG_SECRET_BYTES : SHORT_SECRET_BYTES];
        random.nextBytes(secret);
        return secret;
    }

    void entered(ClientSession client) {
        clients.put(client.id(), client);
        client.pool().figures().clients++;
    }

    void left(ClientSession client) {
        clients.remove(client.id());
        client.pool().left(client);
    }

    /** A client's wish to cancel what runs for it. {@code done} is run when the signal, if there is one to send, was sent. */
    void cancel(int id, byte[] secret, Runnable done) {
        ClientSession client = clients.get(id);
        if (client == null || !MessageDigest.isEqual(client.secret(), secret)) {
            done.run();
            return;
        }
        client.pool().figures().cancels++;
        ServerConnection at = client.server();
        if (client.isWaiting()) {
            client.pool().forget(client);
            client.refuse(Problem.error("57014", "canceling statement due to user request", "", ""));
            done.run();
        } else if (at != null && client.runsSomething()) {
            cancel(at, done);
        } else {
            done.run();
        }
    }

    /** Cancels what runs at a server; the connection is nobody else's until that is done. */
    void cancel(ServerConnection at) {
        cancel(at, () -> {});
    }

    private void cancel(ServerConnection at, Runnable done) {
        Endpoint where = at.where();
        at.cancelBegan();
        serverCancel
                .send(where, at.processId(), at.secret())
                .whenComplete((@Nullable Void sent, @Nullable Throwable failed) -> {
                    if (failed != null) {
                        LOG.warn("A cancel request did not reach the server at {}: {}", where, failed.getMessage());
                    }
                    if (failed != null) {
                        // It may be read later, when somebody else's query runs there.
                        at.retire();
                    }
                    at.cancelEnded();
                    done.run();
                });
    }
}
