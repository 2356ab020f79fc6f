package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.understudy.router.sql.Suspicion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Parse, Bind, Describe and Close on their way to a server: the client's names of statements give way to the servers'. */
final class ExtendedMessages {
    private static final byte[] NO_NAME = {};

    /** One for all, because every unnamed statement has it. */
    private static final Undo FORGET_UNNAMED = server -> {
        server.unnamed().isUnknown();
        ClientSession holder = server.client();
        if (holder != null) {
            holder.holds().unnamedIs(null);
        }
    };

    /** When the router itself prepared it again, the client still has it. */
    private static final Undo FORGET_OWN_UNNAMED = server -> server.unnamed().isUnknown();

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
                bind(client, to, in, at, length, portalEnd + 1, nameEnd, stop);
            }
            case 'D' -> {
                int nameEnd = FrontMessages.endOfText(in, body + 1, stop, type);
                if (in.getByte(body) == 'S' && isPreparedFirst(client, to, in, body + 1, nameEnd)) {
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
            client.holds().suspect();
            unnamedIs(client, to, null);
            to.owe(Awaited.PARSE, null);
            to.out().pass(in, at, stop);
            return true;
        }
        int text = nameEnd + 1;
        int textEnd = FrontMessages.endOfText(in, text, stop, (byte) 'P');
        Prepared prepared = state.texts().of(in, text, stop - text, textEnd - text);
        client.willRun(prepared);
        if ((prepared.suspicion & Suspicion.PREPARED) != 0) {
            String sql = in.toString(text, textEnd - text, StandardCharsets.ISO_8859_1);
            SqlPrepared.Rewritten rewritten = sqlPrepared.rewrite(client, to, sql);
            if (rewritten.isHeld()) {
                return false;
            }
            if (rewritten.changed()) {
                byte[] types = new byte[stop - textEnd];
                in.getBytes(textEnd, types);
                prepared = state.texts().another(rewritten.sql(), types);
                if (!named) {
                    unnamedIs(client, to, prepared);
                    to.owe(Awaited.PARSE, rewritten.undo());
                    Messages.parse(to.out().piece(), NO_NAME, prepared.tail());
                    return true;
                }
            }
        }
        if (named) {
            byte[] name = new byte[nameEnd - body];
            in.getBytes(body, name);
            parseNamed(client, to, name, prepared);
        } else {
            unnamedIs(client, to, prepared);
            to.owe(Awaited.PARSE, FORGET_UNNAMED);
            to.out().pass(in, at, stop);
        }
        return true;
    }

    private void parseNamed(ClientSession client, ServerConnection to, byte[] name, Prepared prepared) {
        Prepared before = client.holds().names().find(name);
        if (before != null) {
            // The server is made to say that it exists.
            ensure(to, before);
            to.owe(Awaited.PARSE, null);
            Messages.parse(to.out().piece(), before.serverNameBytes, prepared.tail());
            return;
        }
        if (client.holds().names().isFull()) {
            throw new ProtocolViolationException("more than %d prepared statements".formatted(StatementNames.MOST));
        }
        // Prepared anew, as without a router: what the text means may have changed since another client prepared it
        // here.
        Prepared fresh = state.texts().fresh(prepared);
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
        if (prepared == null || nameEnd == name) {
            to.out().pass(in, at, stop);
            return;
        }
        ByteBuf piece = to.out().piece();
        piece.writeByte('B').writeInt(length - (nameEnd - name) + prepared.serverNameBytes.length);
        int body = at + FrontMessages.HEADER_BYTES;
        piece.writeBytes(in, body, name - body);
        piece.writeBytes(prepared.serverNameBytes);
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
        if (prepared == null || nameEnd == body + 1) {
            to.out().pass(in, at, stop);
        } else {
            ByteBuf piece = to.out().piece();
            byte[] name = prepared.serverNameBytes;
            piece.writeByte('D').writeInt(Integer.BYTES + 1 + name.length + 1).writeByte('S');
            piece.writeBytes(name).writeByte(0);
        }
    }

    private void close(ClientSession client, ServerConnection to, ByteBuf in, int at, int stop) {
        int body = at + FrontMessages.HEADER_BYTES;
        int nameEnd = FrontMessages.endOfText(in, body + 1, stop, (byte) 'C');
        if (in.getByte(body) == 'S') {
            if (nameEnd == body + 1) {
                client.holds().unnamedIs(null);
                to.unnamed().isGone();
            } else {
                Prepared prepared = client.holds().hasNames()
                        ? client.holds().names().find(in, body + 1, nameEnd - body - 1)
                        : null;
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
        }
        to.owe(Awaited.CLOSE, null);
        to.out().pass(in, at, stop);
    }

    private static void unnamedIs(ClientSession client, ServerConnection to, @Nullable Prepared prepared) {
        client.holds().unnamedIs(prepared);
        to.unnamed().is(prepared);
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
            client.willRun(prepared);
        }
        return prepared;
    }

    private @Nullable Prepared named(ClientSession client, ServerConnection to, ByteBuf in, int from, int end) {
        Prepared prepared = client.holds().hasNames() ? client.holds().names().find(in, from, end - from) : null;
        if (prepared != null) {
            ensure(to, prepared);
            client.willRun(prepared);
        }
        return prepared;
    }

    /** Prepares a statement where it is not prepared; the client hears nothing of it unless it fails. */
    private void ensure(ServerConnection to, Prepared prepared) {
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
