package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Prepares a statement between the messages of a client's open batch, where no query can be sent: a server looks at a query at once, and
 * answers it with the ReadyForQuery that the client's Sync is to be answered with. A PREPARE command is sent as messages. The client hears
 * of none of it, unless it fails, which its own next message would have. Owned by the event loop.
 */
final class InBatch {
    /** What the command goes by on a server, as a statement and as a portal, while it is there. */
    private static final byte[] STEP = (Prepared.NAME_PREFIX + "prepare").getBytes(StandardCharsets.US_ASCII);

    /** Of a Parse message: the zero that ends the text, and no types. */
    private static final int ZERO_AND_NO_TYPES = 1 + Short.BYTES;

    private InBatch() {}

    /** One that was prepared by SQL, as it is. */
    static void prepare(ServerConnection to, Prepared prepared) {
        byte[] command = prepared.prepareCommand().getBytes(StandardCharsets.ISO_8859_1);
        ByteBuf piece = to.out().piece();
        // The last one may have failed before it was closed.
        close(to, STEP);
        if (to.statements().isNameTaken(prepared)) {
            close(to, prepared.serverNameBytes);
        }
        to.owe(Awaited.OWN_PARSE, null);
        Messages.parse(piece, STEP, Arrays.copyOf(command, command.length + ZERO_AND_NO_TYPES));
        to.owe(Awaited.OWN_BIND, null);
        Messages.bind(piece, STEP, STEP);
        to.statements().add(prepared);
        to.owe(Awaited.OWN_EXECUTE, (Undo) server -> server.statements().remove(prepared));
        Messages.execute(piece, STEP);
        to.owe(Awaited.OWN_CLOSE, null);
        Messages.closePortal(piece, STEP);
        close(to, STEP);
    }

    /** For a name that is only to be there: anything serves. */
    static void takeName(ServerConnection to, Prepared known, Prepared anything) {
        to.statements().mayBeGone(known);
        to.owe(Awaited.OWN_PARSE, (Undo) server -> server.statements().remove(known));
        Messages.parse(to.out().piece(), known.serverNameBytes, anything.tail());
    }

    private static void close(ServerConnection to, byte[] name) {
        to.owe(Awaited.OWN_CLOSE, null);
        Messages.closeStatement(to.out().piece(), name);
    }
}
