package io.understudy.router.session;

import io.understudy.router.sql.Mention;
import io.understudy.router.sql.StatementRewriter;
import io.understudy.router.sql.Suspicion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Prepared statements of SQL (PREPARE, EXECUTE, DEALLOCATE): the client's names in a query's text give way to the servers', and what a query
 * executes is prepared first where it is not. A PREPARE among several statements of one query keeps its name, and the session stays with that
 * server connection.
 */
final class SqlPrepared {
    /**
     * What becomes of a query.
     *
     * @param sql the text to send
     * @param changed whether it is another one than the client's
     * @param isHeld nothing is to be sent yet: the session goes on by itself when something else is done
     * @param undo for when the query fails; null when nothing was noted
     */
    record Rewritten(
            String sql,
            boolean changed,
            boolean isHeld,
            @Nullable Undo undo) {
        static Rewritten unchanged(String sql) {
            return new Rewritten(sql, false, false, null);
        }

        static final Rewritten HELD = new Rewritten("", false, true, null);
    }

    private final RouterState state;

    SqlPrepared(RouterState state) {
        this.state = state;
    }

    Rewritten rewrite(ClientSession client, ServerConnection to, String sql) {
        StatementRewriter.Reading reading = StatementRewriter.read(sql);
        if (reading.mentions().isEmpty()) {
            return Rewritten.unchanged(sql);
        }
        Prepared missing = firstMissing(client, to, reading.mentions());
        if (missing != null && client.mayPrepare(missing)) {
            prepareFirst(client, to, missing);
            return Rewritten.HELD;
        }
        client.preparedWhatItCould();
        boolean single = reading.statements() == 1;
        List<Undo> undos = new ArrayList<>();
        String changed = StatementRewriter.rewrite(sql, mention -> newName(client, to, sql, mention, single, undos));
        Undo undo = undos.isEmpty() ? null : server -> undos.reversed().forEach(each -> each.run(server));
        return new Rewritten(changed, !changed.equals(sql), false, undo);
    }

    private Optional<String> newName(
            ClientSession client, ServerConnection to, String sql, Mention mention, boolean single, List<Undo> undos) {
        byte[] name = bytes(mention.name());
        Prepared known = client.holds().names().find(name);
        return switch (mention.kind()) {
            case DEALLOCATE_ALL -> Optional.empty();
            case EXECUTE -> Optional.ofNullable(known).map(prepared -> prepared.serverName);
            case DEALLOCATE -> {
                if (known == null) {
                    yield Optional.empty();
                }
                client.holds().names().remove(name);
                to.statements().remove(known);
                undos.add(server -> {
                    client.holds().names().put(name, known);
                    // A query of several statements may have failed behind this one.
                    server.statements().mayBeGone(known);
                });
                yield Optional.of(known.serverName);
            }
            case PREPARE -> {
                if (known != null) {
                    // It exists, and the server says so.
                    yield Optional.of(known.serverName);
                }
                Mention.Span body = mention.body();
                if (!single || body == null) {
                    client.holds().suspect();
                    yield Optional.empty();
                }
                Mention.Span types = mention.types();
                String statement = body.of(sql);
                String tail = (types == null ? "" : "(" + types.of(sql) + ") ") + "AS " + statement;
                Prepared made = state.texts().ofSql(tail, Suspicion.of(bytes(statement)));
                client.holds().names().put(name, made);
                to.statements().add(made);
                undos.add(server -> {
                    client.holds().names().remove(name);
                    server.statements().remove(made);
                });
                yield Optional.of(made.serverName);
            }
        };
    }

    private static @Nullable Prepared firstMissing(ClientSession client, ServerConnection to, List<Mention> mentions) {
        for (Mention mention : mentions) {
            Prepared known = mention.kind() == Mention.Kind.DEALLOCATE_ALL
                    ? null
                    : client.holds().names().find(bytes(mention.name()));
            if (known != null) {
                client.willRun(known);
                if (!to.statements().has(known)) {
                    return known;
                }
            }
        }
        return null;
    }

    /** Prepares it by itself: a simple query behind a message that fails would never be looked at. */
    static void prepareFirst(ClientSession client, ServerConnection to, Prepared missing) {
        client.prepareFirst();
        if (!to.awaited().isEmpty()) {
            // The session comes here again when the server is done with what it was sent.
            return;
        }
        String command = to.statements().hasOld(missing) ? "DEALLOCATE \"" + missing.serverName + "\";" : "";
        if (missing.parseTail == null) {
            to.own().ask(command + missing.prepareCommand(), answer -> prepared(client, to, missing, answer));
        } else if (command.isEmpty()) {
            to.own().prepare(missing, missing.parseTail, answer -> prepared(client, to, missing, answer));
        } else {
            to.own().ask(command, answer -> {
                to.statements().remove(missing);
                client.prepared(to);
            });
        }
    }

    private static void prepared(ClientSession client, ServerConnection to, Prepared missing, OwnQuery.Answer answer) {
        if (answer.failed()) {
            // The client's own query will say why.
            client.couldNotPrepare(missing);
        } else {
            to.statements().add(missing);
        }
        client.prepared(to);
    }

    private static byte[] bytes(String raw) {
        return raw.getBytes(StandardCharsets.ISO_8859_1);
    }
}
