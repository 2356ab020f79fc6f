package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Those of a client's portals whose execution prepares or forgets statements by SQL. Nearly every client has none, ever. Owned by the event
 * loop.
 */
final class Portals {
    private @Nullable Map<String, NameChanges> changing;

    /** A portal is made of a statement that does this when the portal is executed. */
    void bound(ByteBuf in, int name, int nameEnd, NameChanges changes) {
        Map<String, NameChanges> known = changing;
        if (changes.isEmpty()) {
            if (known != null) {
                known.remove(text(in, name, nameEnd));
            }
            return;
        }
        if (known == null) {
            known = new HashMap<>();
            changing = known;
        }
        known.put(text(in, name, nameEnd), changes);
    }

    /** A portal is about to be executed, whose name is at {@code name}; null when that changes nothing. */
    @Nullable
    NameChanges executed(ByteBuf in, int name, int stop) {
        if (changing == null) {
            return null;
        }
        int nameEnd = in.indexOf(name, stop, (byte) 0);
        return nameEnd < 0 ? null : changing.remove(text(in, name, nameEnd));
    }

    /** No portal outlives its transaction but a held cursor, which only SQL makes. */
    void transactionEnded() {
        changing = null;
    }

    private static String text(ByteBuf in, int from, int end) {
        return in.toString(from, end - from, StandardCharsets.ISO_8859_1);
    }
}
