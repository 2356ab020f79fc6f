package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.understudy.router.sql.Suspicion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Parse, Bind, Describe and Close on their way to a server: the client's names of statements give way to the servers'. */
final class ExtendedMessages {
    private static final byte[] NO_NAME = {};

    /** Taken back when the client had none before, or none that is known. One for all. */
    static final Undo FORGET_UNNAMED = server -> {
        server.unnamed().isUnknown();
        ClientSession holder = server.client();
        if (holder != null) {
            holder.holds().unnamedIs(null);
        }
    };

    /** When the router itself prepared it again, the client still has it. */
    private static final Undo FORGET_OWN_UNNAMED = server -> server.unnamed().isUnknown();

    private static final SqlPrepared.Rewritten NOTHING_NAMED = SqlPrepared.Rewritten.unchanged("");

    private final RouterState state;
    private final SqlPrepared sqlPrepared;

    ExtendedMessages(RouterState state, SqlPrepared sqlPrepared) {
        this.state = state;
        this.sqlPrepared = sqlPrepared;
    }

    /** Sends a message, or what is there of it; returns false when the client's input is to be held first. */
    boolean forward(
            ClientSession client,
            ServerConnection to,
            ByteBuf in,
            int at,
            byte type,
            int length,
            boolean whole,
            int stop) {
        int body = at + FrontMessages.HEADER_BYTES;
        switch (type) {
            case 'P' -> {
                return parse(client, to, in, at, length, whole, stop);
            }
            case 'B' -> {
                int portalEnd = FrontMessages.endOfText(in, body, stop, type);
                int nameEnd = FrontMessages.endOfText(in, portalEnd + 1, stop, type);
                if (isPreparedFirst(client, to, in, portalEnd + 1, nameEnd)) {
                    return false;
                }
                SqlPrepared.Rewritten now = rewrittenAgain(client, to, in, portalEnd + 1, nameEnd);
                if (now.isHeld()) {
                    return false;
                }
                client.portals().bound(in, body, portalEnd, now.changes());
                bind(client, to, in, at, length, portalEnd + 1, nameEnd, stop);
            }
            case 'D' -> {
                int nameEnd = FrontMessages.endOfText(in, body + 1, stop, type);
                if (in.getByte(body) == 'S'
                        && (isPreparedFirst(client, to, in, body + 1, nameEnd)
                                || rewrittenAgain(client, to, in, body + 1, nameEnd)
                                        .isHeld())) {
                    return false;
                }
                describe(client, to, in, at, stop);
            }
            default -> close(client, to, in, at, stop);
        }
        return true;
    }

    /** What SQL prepared can be prepared again by SQL only, which takes a query of its own. */
    private static boolean isPreparedFirst(
            ClientSession client, ServerConnection to, ByteBuf in, int name, int nameEnd) {
        if (nameEnd == name || !client.holds().hasNames()) {
            return false;
        }
        Prepared prepared = client.holds().names().find(in, name, nameEnd - name);
        if (prepared == null
                || prepared.parseTail != null
                || to.statements().has(prepared)
                || !client.mayPrepare(prepared)) {
            return false;
        }
        SqlPrepared.prepareFirst(client, to, prepared);
        return true;
    }

    private boolean parse(
            ClientSession client, ServerConnection to, ByteBuf in, int at, int length, boolean whole, int stop) {
        int body = at + FrontMessages.HEADER_BYTES;
        int nameEnd = FrontMessages.endOfText(in, body, stop, (byte) 'P');
        boolean named = nameEnd > body;
        if (!whole) {
            if (named) {
                throw new ProtocolViolationException(
                        "a statement of %d bytes to be prepared under a name; expected at most %d"
                                .formatted(length, FrontMessages.MOST_PARSE_BYTES));
            }
            client.holds().mayHaveUnnamed();
            Object before = unnamedIs(client, to, null);
            to.owe(Awaited.PARSE, before);
            to.out().pass(in, at, stop);
            return true;
        }
        int text = nameEnd + 1;
        int textEnd = FrontMessages.endOfText(in, text, stop, (byte) 'P');
        Prepared prepared = state.texts().of(in, text, stop - text, textEnd - text);
        client.willRun(prepared);
        boolean changed = false;
        if ((prepared.suspicion & Suspicion.PREPARED) != 0) {
            String sql = in.toString(text, textEnd - text, StandardCharsets.ISO_8859_1);
            SqlPrepared.Rewritten rewritten = sqlPrepared.rewrite(client, to, sql);
            if (rewritten.isHeld()) {
                return false;
            }
            if (rewritten.namesAny()) {
                changed = true;
                prepared = state.texts()
                        .mentioning(sql, rewritten.sql(), prepared.zeroAndTypes(), prepared.customSettings);
            }
        }
        if (named) {
            byte[] name = new byte[nameEnd - body];
            in.getBytes(body, name);
            parseNamed(client, to, name, prepared);
        } else {
            Object before = unnamedIs(client, to, prepared);
            to.owe(Awaited.PARSE, before);
            if (changed) {
                Messages.parse(to.out().piece(), NO_NAME, prepared.tail());
            } else {
                to.out().pass(in, at, stop);
            }
        }
        return true;
    }

    /** What the text of a statement says now, when it names prepared statements: those may go by other names than before. */
    private SqlPrepared.Rewritten rewrittenAgain(
            ClientSession client, ServerConnection to, ByteBuf in, int name, int nameEnd) {
        boolean named = nameEnd > name;
        Prepared prepared = !named
                ? client.holds().unnamed()
                : client.holds().hasNames() ? client.holds().names().find(in, name, nameEnd - name) : null;
        String text = prepared == null ? null : prepared.clientText;
        if (prepared == null || text == null || to.status() == 'E') {
            // In a transaction that failed nothing can be prepared, and no such statement be run.
            return NOTHING_NAMED;
        }
        SqlPrepared.Rewritten rewritten = sqlPrepared.rewrite(client, to, text);
        if (!rewritten.isHeld() && !prepared.says(rewritten.sql())) {
            Prepared now =
                    state.texts().mentioning(text, rewritten.sql(), prepared.zeroAndTypes(), prepared.customSettings);
            if (named) {
                byte[] key = new byte[nameEnd - name];
                in.getBytes(name, key);
                renamed(client, to, key, prepared, now);
            } else {
                client.holds().unnamedIs(now);
                to.unnamed().is(now);
                to.owe(Awaited.OWN_PARSE, (Undo) server -> {
                    server.unnamed().isUnknown();
                    client.holds().unnamedIs(prepared);
                });
                Messages.parse(to.out().piece(), NO_NAME, now.tail());
            }
        }
        return rewritten;
    }

    private void renamed(ClientSession client, ServerConnection to, byte[] name, Prepared before, Prepared now) {
        client.holds().names().put(name, now);
        to.statements().add(now);
        to.owe(Awaited.OWN_PARSE, (Undo) server -> {
            server.statements().remove(now);
            client.holds().names().replace(name, now, before);
        });
        Messages.parse(to.out().piece(), now.serverNameBytes, now.tail());
        to.statements().age(before);
        evict(to);
    }

    /** What is noted of an Execute: what takes back what it does to the client's names. Null for nearly all. */
    static @Nullable Undo executed(ClientSession client, ServerConnection to, ByteBuf in, int at, int stop) {
        NameChanges changes = client.portals().executed(in, at + FrontMessages.HEADER_BYTES, stop);
        return changes == null ? null : changes.make(client, to);
    }

    private void parseNamed(ClientSession client, ServerConnection to, byte[] name, Prepared prepared) {
        if (client.holds().names().find(name) != null) {
            // The server is made to say so, after all that it may find wrong with the text. The client's own statement
            // could not always be prepared on this server connection.
            Prepared taken = state.texts().taken();
            ensure(to, taken);
            to.owe(Awaited.PARSE, name);
            Messages.parse(to.out().piece(), taken.serverNameBytes, prepared.tail());
            return;
        }
        if (client.holds().names().isFull()) {
            throw new ProtocolViolationException("more than %d prepared statements".formatted(StatementNames.MOST));
        }
        // Prepared anew, as without a router: what the text means may have changed since another client prepared it
        // here.
        Prepared fresh = state.texts().fresh(prepared);
        state.statementMemory().check(client.holds().names().bytes(), fresh.bytes());
        client.holds().names().put(name, fresh);
        to.statements().add(fresh);
        to.owe(Awaited.PARSE, (Undo) server -> {
            client.holds().names().remove(name);
            server.statements().remove(fresh);
        });
        Messages.parse(to.out().piece(), fresh.serverNameBytes, fresh.tail());
        to.owe(Awaited.OWN_DESCRIBE, new Meaning(state.texts(), client, name, fresh));
        Messages.describeStatement(to.out().piece(), fresh.serverNameBytes);
        evict(to);
    }

    private void bind(
            ClientSession client,
            ServerConnection to,
            ByteBuf in,
            int at,
            int length,
            int name,
            int nameEnd,
            int stop) {
        Prepared prepared = nameEnd == name ? unnamedOf(client, to) : named(client, to, in, name, nameEnd);
        to.owe(Awaited.BIND, prepared);
        byte[] serverName = nameEnd == name ? null : serverName(prepared, in, name, nameEnd);
        if (serverName == null) {
            to.out().pass(in, at, stop);
            return;
        }
        ByteBuf piece = to.out().piece();
        piece.writeByte('B').writeInt(length - (nameEnd - name) + serverName.length);
        int body = at + FrontMessages.HEADER_BYTES;
        piece.writeBytes(in, body, name - body);
        piece.writeBytes(serverName);
        to.out().pass(in, nameEnd, stop);
    }

    private void describe(ClientSession client, ServerConnection to, ByteBuf in, int at, int stop) {
        int body = at + FrontMessages.HEADER_BYTES;
        int nameEnd = FrontMessages.endOfText(in, body + 1, stop, (byte) 'D');
        Prepared prepared = null;
        boolean ofStatement = in.getByte(body) == 'S';
        if (ofStatement) {
            prepared = nameEnd == body + 1 ? unnamedOf(client, to) : named(client, to, in, body + 1, nameEnd);
        }
        to.owe(Awaited.DESCRIBE, prepared);
        byte[] name = ofStatement && nameEnd > body + 1 ? serverName(prepared, in, body + 1, nameEnd) : null;
        if (name == null) {
            to.out().pass(in, at, stop);
        } else {
            ByteBuf piece = to.out().piece();
            piece.writeByte('D').writeInt(Integer.BYTES + 1 + name.length + 1).writeByte('S');
            piece.writeBytes(name).writeByte(0);
        }
    }

    private void close(ClientSession client, ServerConnection to, ByteBuf in, int at, int stop) {
        int body = at + FrontMessages.HEADER_BYTES;
        int nameEnd = FrontMessages.endOfText(in, body + 1, stop, (byte) 'C');
        if (in.getByte(body) == 'S') {
            if (nameEnd == body + 1) {
                Object note = withUnnamed(client);
                client.holds().unnamedIs(null);
                to.unnamed().isGone();
                to.owe(Awaited.CLOSE, note);
                to.out().pass(in, at, stop);
                return;
            }
            Prepared prepared =
                    client.holds().hasNames() ? client.holds().names().find(in, body + 1, nameEnd - body - 1) : null;
            if (prepared != null) {
                byte[] name = new byte[nameEnd - body - 1];
                in.getBytes(body + 1, name);
                client.holds().names().remove(name);
                client.local(
                        to,
                        Awaited.LOCAL_CLOSE,
                        server -> client.holds().names().put(name, prepared));
                return;
            }
        }
        byte[] name = in.getByte(body) == 'S' && nameEnd > body + 1 ? serverName(null, in, body + 1, nameEnd) : null;
        to.owe(Awaited.CLOSE, null);
        if (name == null) {
            to.out().pass(in, at, stop);
        } else {
            Messages.closeStatement(to.out().piece(), name);
        }
    }

    /**
     * What a server is to be told for a client's name; null when it is the client's own. Where the client has nothing of that name and it is
     * like one of the router's, it gets another one, by which nobody has anything.
     */
    private static byte @Nullable [] serverName(@Nullable Prepared prepared, ByteBuf in, int from, int end) {
        if (prepared != null) {
            return prepared.serverNameBytes;
        }
        String name = in.toString(from, end - from, StandardCharsets.ISO_8859_1);
        return name.startsWith(Prepared.NAME_PREFIX)
                ? (Prepared.NOBODYS_PREFIX + name).getBytes(StandardCharsets.ISO_8859_1)
                : null;
    }

    /** Returns what to note of the message: the statement that the client still has if the server skips it, where that is known. */
    private static Object unnamedIs(ClientSession client, ServerConnection to, @Nullable Prepared prepared) {
        Object note = withUnnamed(client);
        client.holds().unnamedIs(prepared);
        to.unnamed().is(prepared);
        return note;
    }

    private static Object withUnnamed(ClientSession client) {
        Prepared before = client.holds().unnamed();
        return before == null ? FORGET_UNNAMED : before;
    }

    /** The client's unnamed statement, which another client's may have replaced on this server connection. */
    private static @Nullable Prepared unnamedOf(ClientSession client, ServerConnection to) {
        Prepared prepared = client.holds().unnamed();
        if (prepared == null && to.unnamed().isForeign()) {
            // Another client's is none of this one's: let the server say that there is none.
            to.owe(Awaited.OWN_CLOSE, FORGET_OWN_UNNAMED);
            Messages.closeStatement(to.out().piece(), NO_NAME);
            to.unnamed().isGone();
        }
        if (prepared != null
                && (to.unnamed().prepared() != prepared || to.unnamed().isForeign())) {
            to.unnamed().is(prepared);
            to.owe(Awaited.OWN_PARSE, FORGET_OWN_UNNAMED);
            Messages.parse(to.out().piece(), NO_NAME, prepared.tail());
        }
        if (prepared != null) {
            client.binds(prepared);
        }
        return prepared;
    }

    private @Nullable Prepared named(ClientSession client, ServerConnection to, ByteBuf in, int from, int end) {
        Prepared prepared = client.holds().hasNames() ? client.holds().names().find(in, from, end - from) : null;
        if (prepared == null) {
            return null;
        }
        if (prepared.isShared()
                && client.holds().decidesAlone()
                && !to.statements().has(prepared)) {
            // Prepared here and now it may mean what it means to no other client.
            byte[] name = new byte[end - from];
            in.getBytes(from, name);
            Prepared own = state.texts().fresh(prepared);
            renamed(client, to, name, prepared, own);
            client.binds(own);
            return own;
        }
        if (prepared.parseTail == null && !to.statements().has(prepared) && client.mayPrepareInBatch(prepared)) {
            prepareInBatch(to, prepared);
        } else {
            ensure(to, prepared);
        }
        client.binds(prepared);
        return prepared;
    }

    /** Prepares one that SQL prepared, where it is not prepared, between the messages of a batch. */
    void prepareInBatch(ServerConnection to, Prepared prepared) {
        InBatch.prepare(to, prepared);
        evict(to);
    }

    /** Prepares a statement where it is not prepared; the client hears nothing of it unless it fails. */
    void ensure(ServerConnection to, Prepared prepared) {
        byte[] tail = prepared.parseTail;
        if (to.statements().has(prepared) || tail == null) {
            return;
        }
        closeOld(to, prepared);
        to.statements().add(prepared);
        to.owe(Awaited.OWN_PARSE, (Undo) server -> server.statements().remove(prepared));
        Messages.parse(to.out().piece(), prepared.serverNameBytes, tail);
        evict(to);
    }

    private static void closeOld(ServerConnection to, Prepared prepared) {
        if (to.statements().hasOld(prepared)) {
            Runnable back = to.statements().takeOut(prepared);
            to.owe(Awaited.OWN_CLOSE, (Undo) server -> back.run());
            Messages.closeStatement(to.out().piece(), prepared.serverNameBytes);
        }
    }

    private void evict(ServerConnection to) {
        Prepared evicted = to.statements().evict(state.settings().preparedStatements());
        if (evicted != null) {
            to.owe(Awaited.OWN_CLOSE, (Undo) server -> server.statements().add(evicted));
            Messages.closeStatement(to.out().piece(), evicted.serverNameBytes);
        }
    }
}
