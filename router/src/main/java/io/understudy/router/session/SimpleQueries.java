package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.understudy.router.sql.Suspicion;
import java.nio.charset.StandardCharsets;

/** Simple queries on their way to a server. */
final class SimpleQueries {
    /** What may outlive the transaction, so that the server is asked afterwards. */
    static final int LEAVES_STATE = Suspicion.TEMPORARY | Suspicion.ADVISORY | Suspicion.SET_CONFIG;

    private final SqlPrepared sqlPrepared;

    SimpleQueries(SqlPrepared sqlPrepared) {
        this.sqlPrepared = sqlPrepared;
    }

    /** Sends a query, or what is there of it; returns false when the client's input is to be held first. */
    boolean forward(
            ClientSession client, ServerConnection to, ByteBuf in, int at, int length, boolean whole, int stop) {
        int body = at + FrontMessages.HEADER_BYTES;
        int textLength = length - Integer.BYTES - 1;
        int flags = whole && textLength > 0 ? Suspicion.of(in, body, textLength) : whole ? 0 : LEAVES_STATE;
        if (!whole) {
            client.holds().mayHaveUnnamed();
        } else if (Custom.isPossible(flags)) {
            client.holds().mayHave(Custom.of(in.toString(body, textLength, StandardCharsets.ISO_8859_1), flags));
        }
        if ((flags & Suspicion.PREPARED) != 0 && in.getByte(stop - 1) == 0) {
            String sql = in.toString(body, textLength, StandardCharsets.ISO_8859_1);
            SqlPrepared.Rewritten rewritten = sqlPrepared.rewrite(client, to, sql);
            if (rewritten.isHeld()) {
                return false;
            }
            if (!rewritten.sql().equals(sql)) {
                note(client, to, flags);
                to.owe(
                        Awaited.QUERY,
                        rewritten.changes().isEmpty()
                                ? null
                                : rewritten.changes().make(client, to),
                        isCommit(flags));
                Messages.query(to.out().piece(), rewritten.sql());
                return true;
            }
        }
        note(client, to, flags);
        to.owe(Awaited.QUERY, null, isCommit(flags));
        to.out().pass(in, at, stop);
        if (!to.replies().isSkipping() && Forgetting.isOne(in, body, stop)) {
            // What follows may name statements that are about to be forgotten, or make new ones.
            client.prepareFirst();
        }
        return true;
    }

    private static boolean isCommit(int flags) {
        return (flags & Suspicion.IS_COMMIT) != 0;
    }

    private static void note(ClientSession client, ServerConnection to, int flags) {
        if ((flags & LEAVES_STATE) != 0) {
            client.holds().suspect();
        }
        client.queryGoesOut();
        to.unnamed().isGone();
    }
}
