package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.understudy.router.sql.SessionState;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Queries of the router's own on a server connection, one at a time; no client hears of them. Owned by the event loop. */
final class OwnQueries {
    /** A server that does not answer the router for so long is no use to anybody. */
    private static final int LIMIT_SECONDS = 30;

    /** The question for what the session holds, prepared once: reading it takes longer than answering it. */
    private static final byte[] STATE_QUERY_NAME = (Prepared.NAME_PREFIX + "state").getBytes(StandardCharsets.US_ASCII);

    private static final byte[] STATE_QUERY_TAIL = (SessionState.QUERY + "\0\0\0").getBytes(StandardCharsets.US_ASCII);

    private final ServerConnection server;
    private final RouterState state;
    private @Nullable OwnQuery running;
    private boolean stateQueryPrepared;
    private boolean ended;

    OwnQueries(ServerConnection server, RouterState state) {
        this.server = server;
        this.state = state;
    }

    boolean isRunning() {
        return running != null;
    }

    /** Runs a simple query; nothing may be owed. */
    void ask(String rawSql, Consumer<OwnQuery.Answer> receiver) {
        begin(receiver);
        server.unnamed().isGone();
        Messages.query(server.out().piece(), rawSql);
        server.out().flush();
    }

    /**
     * Asks what the session holds; nothing may be owed.
     *
     * @param customSettings whose values are asked for by name
     */
    void askState(Collection<String> customSettings, Consumer<OwnQuery.Answer> receiver) {
        begin(answer -> {
            stateQueryPrepared = !answer.failed();
            receiver.accept(answer);
        });
        ByteBuf piece = server.out().piece();
        if (!stateQueryPrepared) {
            // Left from a time when it was not known to be there, perhaps.
            Messages.closeStatement(piece, STATE_QUERY_NAME);
            Messages.parse(piece, STATE_QUERY_NAME, STATE_QUERY_TAIL);
        }
        Messages.bindAndExecute(
                piece, STATE_QUERY_NAME, SessionState.array(customSettings).getBytes(StandardCharsets.ISO_8859_1));
        Messages.empty(piece, 'S');
        server.out().flush();
    }

    /** Prepares a statement by a message and waits for it; nothing may be owed. */
    void prepare(Prepared prepared, byte[] tail, Consumer<OwnQuery.Answer> receiver) {
        begin(receiver);
        ByteBuf piece = server.out().piece();
        Messages.parse(piece, prepared.serverNameBytes, tail);
        Messages.empty(piece, 'S');
        server.out().flush();
    }

    private void begin(Consumer<OwnQuery.Answer> receiver) {
        if (running != null || !server.awaited().isEmpty()) {
            throw new IllegalStateException("the server connection is busy");
        }
        OwnQuery asked = new OwnQuery(receiver);
        running = asked;
        ended = false;
        // A client that does not read may have had it stopped; this answer is not for the client.
        server.channel().config().setAutoRead(true);
        state.loop()
                .schedule(
                        () -> {
                            if (running == asked) {
                                state.log()
                                        .warn(
                                                "A server connection of {} does not answer the router and is closed",
                                                server.home());
                                server.channel().close();
                            }
                        },
                        LIMIT_SECONDS,
                        TimeUnit.SECONDS);
    }

    /** All statements are gone. */
    void statementsForgotten() {
        stateQueryPrepared = false;
    }

    /** A message that arrives while one runs; returns whether the client gets it nevertheless. */
    boolean follow(ByteBuf in, byte type, int body, int length, boolean whole) {
        OwnQuery asked = running;
        if (asked == null) {
            throw new IllegalStateException("nothing was asked");
        }
        switch (type) {
            case 'Z' -> {
                if (!ended) {
                    throw Replies.unasked(type, Awaited.QUERY);
                }
                server.statusIs(in.getByte(body));
            }
            case 'C', 'I', '1' -> ended = true;
            case 'D' -> {
                if (whole) {
                    asked.row(in, body, length);
                } else {
                    asked.failed("54000", "a row of more than " + ServerConnection.MOST_INSPECTED_BYTES + " bytes");
                }
            }
            case 'E' -> {
                ended = true;
                asked.failed(
                        whole ? ErrorFields.field(in, body, length, 'C') : "XX000",
                        whole ? ErrorFields.field(in, body, length, 'M') : "a long error");
            }
            case 'S' -> server.parameter(in, body, length, whole);
            case 'A' -> {
                return true;
            }
            default -> {}
        }
        return false;
    }

    /** The server is done with it. */
    void ready() {
        OwnQuery asked = running;
        running = null;
        if (asked != null) {
            asked.end();
        }
    }

    /** The connection broke and nobody has it. */
    void lost() {
        OwnQuery asked = running;
        running = null;
        if (asked != null) {
            asked.failed("08006", "the connection to the server was lost");
            asked.end();
        }
    }

    /** The connection broke; who has it is told otherwise. */
    void forget() {
        running = null;
    }
}
