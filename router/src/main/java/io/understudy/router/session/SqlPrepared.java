package io.understudy.router.session;

import io.understudy.router.sql.Mention;
import io.understudy.router.sql.StatementRewriter;
import io.understudy.router.sql.Suspicion;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Prepared statements of SQL (PREPARE, EXECUTE, DEALLOCATE): the client's names in a query's text give way to the servers', and what a query
 * executes is prepared first where it is not. A PREPARE among several statements of one query keeps its name, and the session stays with that
 * server connection.
 */
final class SqlPrepared {
    /**
     * What becomes of a text.
     *
     * @param sql the text to send
     * @param isHeld nothing is to be sent yet: the session goes on by itself when something else is done
     * @param namesAny whether it names prepared statements, known or not
     * @param changes to the client's names, when the text runs
     */
    record Rewritten(String sql, boolean isHeld, boolean namesAny, NameChanges changes) {
        static final Rewritten HELD = new Rewritten("", true, true, NameChanges.NONE);

        static Rewritten unchanged(String sql) {
            return new Rewritten(sql, false, false, NameChanges.NONE);
        }
    }

    private final RouterState state;

    SqlPrepared(RouterState state) {
        this.state = state;
    }

    /** Puts the servers' names in place. Nothing is noted before the caller makes the changes. */
    Rewritten rewrite(ClientSession client, ServerConnection to, String sql) {
        StatementRewriter.Reading reading = StatementRewriter.read(sql);
        if (reading.mentions().isEmpty()) {
            return Rewritten.unchanged(sql);
        }
        for (Mention mention : reading.mentions()) {
            Prepared missing = missing(client, to, mention);
            if (missing != null) {
                boolean inBatch = client.mayPrepareInBatch(missing);
                if (!inBatch && !client.mayPrepare(missing)) {
                    // The server says what it thinks of it.
                    break;
                }
                if (missing.isShared() && client.holds().decidesAlone()) {
                    // Prepared here and now it may mean what it means to no other client.
                    Prepared own = state.texts().fresh(missing);
                    client.holds().names().replace(bytes(mention.name()), missing, own);
                    missing = own;
                }
                if (inBatch) {
                    makeInBatch(to, missing, mention.kind());
                    continue;
                }
                make(client, to, missing, mention.kind());
                return Rewritten.HELD;
            }
        }
        client.preparedWhatItCould();
        boolean single = reading.statements() == 1;
        NameChanges changes = new NameChanges();
        String changed = StatementRewriter.rewrite(sql, mention -> newName(client, sql, mention, single, changes));
        return new Rewritten(changed, false, true, changes);
    }

    private Optional<String> newName(
            ClientSession client, String sql, Mention mention, boolean single, NameChanges changes) {
        byte[] name = bytes(mention.name());
        Prepared known = changes.find(client.holds().names(), name);
        return switch (mention.kind()) {
            case DEALLOCATE_ALL -> Optional.empty();
            case EXECUTE -> known == null ? nobodys(mention.name()) : Optional.of(known.serverName);
            case DEALLOCATE -> {
                if (known == null) {
                    yield nobodys(mention.name());
                }
                changes.removes(name, known);
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
                state.statementMemory().check(client.holds().names().bytes(), made.bytes());
                changes.adds(name, made);
                yield Optional.of(made.serverName);
            }
        };
    }

    /** A name that looks like the router's own must not reach another client's statement. */
    private static Optional<String> nobodys(String name) {
        return name.startsWith(Prepared.NAME_PREFIX) ? Optional.of(Prepared.NOBODYS_PREFIX + name) : Optional.empty();
    }

    /** What is mentioned, if the client has it and the server does not; null otherwise. */
    private static @Nullable Prepared missing(ClientSession client, ServerConnection to, Mention mention) {
        Prepared known = mention.kind() == Mention.Kind.DEALLOCATE_ALL
                ? null
                : client.holds().names().find(bytes(mention.name()));
        if (known == null) {
            return null;
        }
        boolean there;
        if (mention.kind() == Mention.Kind.EXECUTE) {
            client.willRun(known);
            there = to.statements().has(known);
        } else {
            there = to.statements().isNameTaken(known);
        }
        return there ? null : known;
    }

    private void makeInBatch(ServerConnection to, Prepared missing, Mention.Kind purpose) {
        if (purpose != Mention.Kind.EXECUTE) {
            InBatch.takeName(to, missing, state.texts().taken());
        } else if (missing.parseTail == null) {
            state.extended().prepareInBatch(to, missing);
        } else {
            state.extended().ensure(to, missing);
        }
    }

    private void make(ClientSession client, ServerConnection to, Prepared missing, Mention.Kind purpose) {
        if (purpose == Mention.Kind.EXECUTE) {
            prepareFirst(client, to, missing);
        } else {
            takeName(client, to, missing);
        }
    }

    /** For a statement that is only to be forgotten, or to be in the way of another of its name, anything serves. */
    private void takeName(ClientSession client, ServerConnection to, Prepared known) {
        client.prepareFirst();
        if (to.awaited().isEmpty()) {
            to.own().prepare(known, state.texts().taken().tail(), answer -> {
                if (answer.failed()) {
                    client.couldNotPrepare(known);
                } else {
                    to.statements().mayBeGone(known);
                }
                client.prepared(to);
            });
        }
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
