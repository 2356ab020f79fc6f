package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import io.understudy.router.sql.CustomSettings;
import io.understudy.router.sql.Suspicion;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes one of all statements with the same text and types, and of those that servers take for the same, so that clients share what is
 * prepared on servers. Bounded: when full it forgets
 * all of them, and statements prepared again go by new names. Owned by the event loop; looking up allocates nothing.
 */
final class PreparedTexts {
    /** The most statements known at a time. */
    static final int MOST = 20_000;

    /** The most bytes of all their texts. */
    static final long MOST_BYTES = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    /** The most meanings known of one text; a new one takes the oldest one's place. */
    private static final int MOST_MEANINGS = 32;

    private static final int BUCKETS = 1 << 14;

    /** Of a Parse message: no statement, and no types. */
    private static final byte[] NO_TEXT = new byte[1 + Short.BYTES];

    private final Hash hashing = new Hash();
    private @Nullable Prepared[] buckets = new Prepared[BUCKETS];
    private int size;
    private long bytes;
    private long ids;
    private final Prepared taken = Prepared.byMessage(++ids, NO_TEXT, 0, CustomSettings.NONE, 0);

    /** The statement of a Parse message whose text and types lie at {@code from}. */
    Prepared of(ByteBuf buffer, int from, int length, int textLength) {
        int hash = hashing.of(buffer, from, length);
        int bucket = hash & (BUCKETS - 1);
        for (Prepared known = buckets[bucket]; known != null; known = known.next) {
            if (known.hash == hash && known.sameAs(buffer, from, length)) {
                return known;
            }
        }
        if (size >= MOST || bytes + length > MOST_BYTES) {
            buckets = new Prepared[BUCKETS];
            size = 0;
            bytes = 0;
        }
        byte[] tail = new byte[length];
        buffer.getBytes(from, tail);
        int suspicion = Suspicion.of(buffer, from, textLength);
        String sql = Custom.isPossible(suspicion) ? buffer.toString(from, textLength, StandardCharsets.ISO_8859_1) : "";
        Prepared made = Prepared.byMessage(++ids, tail, suspicion, Custom.of(sql, suspicion), hash);
        made.next = buckets[bucket];
        buckets[bucket] = made;
        size++;
        bytes += length;
        return made;
    }

    /** One of the router's own that every server takes at any time: its name is taken where another is to be refused. */
    Prepared taken() {
        return taken;
    }

    /** One of its own, to be prepared now: what it means here and now only the server knows. */
    Prepared fresh(Prepared ofText) {
        return ofText.fresh(++ids);
    }

    /**
     * The statement that is shared by all clients for which the text means the same: {@code asked} itself when it is the first one.
     *
     * @param types of its parameters, as the server told them
     * @param digest of everything that the server told of it
     */
    Prepared meaning(Prepared asked, byte[] types, byte[] digest) {
        Prepared text = asked.text();
        for (Prepared known : text.meanings()) {
            if (Arrays.equals(known.digest, digest)) {
                return known;
            }
        }
        if (text.meanings().size() >= MOST_MEANINGS) {
            // It counts on: of a text that was forgotten since, it may count no more.
            text.meanings().removeFirst();
        }
        asked.means(types);
        asked.digest = digest;
        text.meanings().addLast(asked);
        // All are forgotten by the next new text if this was too much.
        bytes += asked.bytes();
        return asked;
    }

    /**
     * A statement of a Parse message that names prepared statements of SQL; each is its own.
     *
     * @param clientText as the client wrote it
     * @param rawSql as a server gets it
     */
    Prepared mentioning(String clientText, String rawSql, byte[] zeroAndTypes, CustomSettings customSettings) {
        byte[] text = rawSql.getBytes(StandardCharsets.ISO_8859_1);
        byte[] tail = Arrays.copyOf(text, text.length + zeroAndTypes.length);
        System.arraycopy(zeroAndTypes, 0, tail, text.length, zeroAndTypes.length);
        Prepared made = Prepared.byMessage(++ids, tail, Suspicion.of(text), customSettings, 0);
        made.clientText = clientText;
        return made;
    }

    /** A statement prepared by an SQL command; each is its own. */
    Prepared ofSql(String tail, int suspicion) {
        return Prepared.bySql(++ids, tail, suspicion);
    }

    private static final class Hash implements ByteProcessor {
        private int hash;

        int of(ByteBuf buffer, int from, int length) {
            hash = length;
            buffer.forEachByte(from, length, this);
            return hash ^ (hash >>> 15);
        }

        @Override
        public boolean process(byte value) {
            hash = 31 * hash + value;
            return true;
        }
    }
}
