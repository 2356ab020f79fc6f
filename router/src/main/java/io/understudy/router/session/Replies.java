package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.understudy.router.sql.CommandTag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows what a server answers to what it was sent. It is strict: an answer that nobody asked for would reach the wrong client, and
 * ends the connection. Owned by the event loop.
 */
final class Replies {
    /** The server ends, or was told to end this session. The connection's end follows, and that is told in the router's words. */
    private static final Set<String> SERVER_ENDS = Set.of("57P01", "57P02", "57P03");

    private final ServerConnection server;
    private final ReplyQueue awaited = new ReplyQueue();
    private long busySince;
    private boolean ended;
    private boolean localsDue;
    private boolean skipping;

    Replies(ServerConnection server) {
        this.server = server;
    }

    ReplyQueue awaited() {
        return awaited;
    }

    /** Whether the server leaves out what it is sent, up to the next Sync. */
    boolean isSkipping() {
        return skipping;
    }

    /** What was just sent, or is about to be, is to be answered so. {@code note} is an {@link Undo}, a {@link Prepared} or null. */
    void owe(Awaited kind, @Nullable Object note, boolean commits) {
        if (skipping) {
            if (kind != Awaited.SYNC) {
                Undo undo = ofSkipped(kind, note);
                if (undo != null) {
                    undo.run(server);
                }
                return;
            }
            skipping = false;
        }
        if (awaited.isEmpty()) {
            busySince = System.nanoTime();
        }
        awaited.add(kind, note, commits);
    }

    /** Follows a message; returns whether the client gets it as it is. */
    boolean follow(ByteBuf in, byte type, int body, int length, boolean whole) {
        switch (type) {
            case 'N', 'A' -> {
                return true;
            }
            case 'S' -> {
                server.parameter(in, body, length, whole);
                return true;
            }
            case 'D', 'd', 'c', 'H' -> {
                mustRun(type);
                return true;
            }
            case 'G', 'W' -> {
                mustRun(type);
                ClientSession holder = server.client();
                if (!awaited.overlookSyncs() && holder != null) {
                    holder.copyBegan();
                }
                return true;
            }
            case 'Z' -> {
                server.statusIs(in.getByte(body));
                ready();
                return true;
            }
            case 'C' -> {
                return completed(in, body, length, whole);
            }
            case 'E' -> {
                server.home().figures().serverErrors++;
                return failed(in, body, length, whole);
            }
            case 't', 'T', 'n' -> {
                return described(in, type, body, length, whole);
            }
            default -> {
                return finished(type);
            }
        }
    }

    private boolean described(ByteBuf in, byte type, int body, int length, boolean whole) {
        if (awaited.first() == Awaited.OWN_DESCRIBE) {
            if (whole && awaited.firstNote() instanceof Meaning meaning) {
                if (type == 't') {
                    meaning.parameters(in, body, length);
                } else {
                    meaning.rows(server, in, body, length);
                }
            }
            if (type != 't') {
                finish(Awaited.OWN_DESCRIBE, type);
            }
            return false;
        }
        if (type != 't') {
            finish(Awaited.DESCRIBE, type);
        } else if (awaited.first() != Awaited.DESCRIBE) {
            throw unasked(type, awaited.first());
        }
        return true;
    }

    private boolean finished(byte type) {
        switch (type) {
            case 'I', 's' -> {
                finish(Awaited.EXECUTE, type);
                ended = true;
                return true;
            }
            case 'V' -> {
                mustRun(type);
                ended = true;
                return true;
            }
            case '1' -> {
                boolean theirs = awaited.first() != Awaited.OWN_PARSE;
                finish(theirs ? Awaited.PARSE : Awaited.OWN_PARSE, type);
                return theirs;
            }
            case '2' -> {
                boolean theirs = awaited.first() != Awaited.OWN_BIND;
                finish(theirs ? Awaited.BIND : Awaited.OWN_BIND, type);
                return theirs;
            }
            case '3' -> {
                boolean theirs = awaited.first() != Awaited.OWN_CLOSE;
                finish(theirs ? Awaited.CLOSE : Awaited.OWN_CLOSE, type);
                return theirs;
            }
            default -> throw unasked(type, awaited.first());
        }
    }

    private void finish(Awaited kind, byte type) {
        Awaited first = awaited.first();
        if (first == kind) {
            awaited.removeFirst();
            localsDue = true;
        } else if (first != Awaited.QUERY) {
            throw unasked(type, first);
        }
    }

    /** Rows and copied data belong to a query or to an execution. */
    private void mustRun(byte type) {
        Awaited first = awaited.first();
        if (first != Awaited.EXECUTE && first != Awaited.QUERY) {
            throw unasked(type, first);
        }
    }

    /** From here on nothing that arrives can be given to the right client. */
    static ProtocolViolationException unasked(byte type, @Nullable Awaited first) {
        return new ProtocolViolationException("a message of type %s where %s was to come"
                .formatted(ProtocolViolationException.name(type), first == null ? "nothing" : first));
    }

    private void ready() {
        Awaited first = awaited.first();
        if (first == null || !first.endsWithReady() || (first == Awaited.QUERY && !ended)) {
            throw unasked((byte) 'Z', first);
        }
        ended = false;
        awaited.removeFirst();
        localsDue = true;
        if (awaited.isEmpty()) {
            server.home().figures().busyNanos += System.nanoTime() - busySince;
        }
    }

    private boolean completed(ByteBuf in, int body, int length, boolean whole) {
        if (awaited.first() == Awaited.OWN_EXECUTE) {
            finish(Awaited.OWN_EXECUTE, (byte) 'C');
            return false;
        }
        mustRun((byte) 'C');
        ClientSession holder = server.client();
        if (whole && holder != null) {
            CommandTag tag = CommandTag.of(in, body, length);
            if (tag == CommandTag.DEALLOCATE_ALL || tag == CommandTag.DISCARD_ALL) {
                server.statementsForgotten();
                holder.holds().statementsForgotten();
            }
            holder.holds().completed(tag);
        }
        finish(Awaited.EXECUTE, (byte) 'C');
        ended = true;
        return true;
    }

    /** Returns whether the client hears it from the server itself. */
    private boolean endIsTold(String sqlState) {
        if (SERVER_ENDS.contains(sqlState)) {
            return false;
        }
        ClientSession holder = server.client();
        if (holder != null) {
            holder.use().fatalWasTold();
        }
        return true;
    }

    private boolean failed(ByteBuf in, int body, int length, boolean whole) {
        ClientSession holder = server.client();
        boolean forward = true;
        if (whole) {
            String sqlState = ErrorFields.field(in, body, length, 'C');
            String message = ErrorFields.field(in, body, length, 'M');
            if (ErrorFields.field(in, body, length, 'V').equals("FATAL")) {
                // What is owed stays so: the end of the connection tells what that means.
                return endIsTold(sqlState);
            }
            planMayBeOld(in, body, length);
            heal(sqlState, message);
            byte[] asked = sqlState.equals("42P05") && awaited.firstNote() instanceof byte[] name ? name : null;
            takeBack();
            if (holder != null && message.contains(Prepared.NAME_PREFIX)) {
                // With the names as they were when the server failed, not as what was sent since would have made them.
                forward = !holder.errorInItsOwnWords(in, body, length, asked);
            }
        } else {
            takeBack();
        }
        if (holder != null) {
            holder.copyEnded();
        }
        ended = true;
        return forward;
    }

    /** What was noted of what failed, and of what the server leaves out because of it. */
    private void takeBack() {
        if (awaited.isEmpty()) {
            throw unasked((byte) 'E', null);
        }
        if (awaited.first() != Awaited.QUERY) {
            dropUpToSync();
        } else if (awaited.firstNote() instanceof Undo undo) {
            undo.run(server);
        }
    }

    /** What a statement reads changed its shape: prepared again, it works again. */
    private void planMayBeOld(ByteBuf in, int body, int length) {
        Awaited first = awaited.first();
        if ((first == Awaited.BIND || first == Awaited.DESCRIBE)
                && awaited.firstNote() instanceof Prepared changed
                && ErrorFields.field(in, body, length, 'R').equals("RevalidateCachedQuery")) {
            changed.changed();
        }
    }

    /** What is believed of the server's statements and what it says of them may differ: its word counts. */
    private void heal(String sqlState, String message) {
        if (sqlState.equals("26000") && awaited.firstNote() instanceof Prepared missing) {
            server.statements().remove(missing);
        } else if (sqlState.equals("26000") && message.contains(Prepared.NAME_PREFIX)) {
            server.statements().removeNamedIn(message);
        } else if (sqlState.equals("42P05")
                && message.contains(Prepared.NAME_PREFIX)
                && awaited.firstNote() instanceof Undo) {
            // Not the client's second one of a name, but one that was believed not to be there.
            server.retire();
        }
    }

    /**
     * The server looks at nothing before the next Sync, simple queries included. What was noted is taken back, the last first.
     */
    private void dropUpToSync() {
        List<Undo> undos = new ArrayList<>();
        Undo failed = awaited.first() == Awaited.PARSE && awaited.firstNote() instanceof Prepared
                ? ExtendedMessages.FORGET_UNNAMED
                : null;
        Awaited next = awaited.first();
        while (next != null && next != Awaited.SYNC) {
            Undo undo = failed == null ? ofSkipped(next, awaited.firstNote()) : failed;
            failed = null;
            if (undo != null) {
                undos.add(undo);
            }
            awaited.removeFirst();
            next = awaited.first();
        }
        skipping = awaited.isEmpty();
        undos.reversed().forEach(undo -> undo.run(server));
        ClientSession holder = server.client();
        if (skipping && holder != null) {
            holder.serverSkips(server);
        }
    }

    /**
     * The connection is lost: what the client prepared and was told nothing of is not there, and what it deallocated by SQL and was told
     * nothing of is. What it closed by messages stays closed.
     */
    void lost() {
        awaited.eachNoteFromTheLast((kind, note) -> {
            switch (kind) {
                case PARSE, OWN_PARSE, EXECUTE, QUERY -> {
                    Undo undo = ofSkipped(kind, note);
                    if (undo != null) {
                        undo.run(server);
                    }
                }
                case SYNC,
                        BIND,
                        OWN_BIND,
                        OWN_EXECUTE,
                        DESCRIBE,
                        OWN_DESCRIBE,
                        CLOSE,
                        OWN_CLOSE,
                        LOCAL_CLOSE,
                        COPY_END -> {}
            }
        });
    }

    /** What takes back what was noted of a message that the server never looks at; null when nothing was. */
    private static @Nullable Undo ofSkipped(Awaited kind, @Nullable Object note) {
        if (note instanceof Undo undo) {
            return undo;
        }
        if ((kind == Awaited.PARSE || kind == Awaited.CLOSE) && note instanceof Prepared unnamed) {
            return server -> {
                ExtendedMessages.FORGET_UNNAMED.run(server);
                ClientSession holder = server.client();
                if (holder != null) {
                    holder.holds().unnamedIs(unnamed);
                }
            };
        }
        return null;
    }

    // What the router answers itself

    /** Some may be first by now: they are told between two messages of the server. */
    boolean areLocalsDue() {
        return localsDue;
    }

    /** Told now, or when the message is whole of which the client has a part. */
    void localsAreDue() {
        if (server.isWithinForwarded()) {
            localsDue = true;
        } else {
            tellLocalOnes();
        }
    }

    void tellLocalOnes() {
        localsDue = false;
        while (true) {
            Awaited next = awaited.first();
            if (next != Awaited.LOCAL_CLOSE && next != Awaited.COPY_END) {
                return;
            }
            awaited.removeFirst();
            ClientSession receiver = server.client();
            if (receiver != null && next == Awaited.LOCAL_CLOSE) {
                Messages.empty(receiver.out().piece(), '3');
            }
        }
    }
}
