package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.understudy.router.sql.CustomSettings;
import io.understudy.router.sql.Momentary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A statement as clients prepared it, shared by all who prepared the same. On every server connection it goes by one name.
 */
final class Prepared {
    /** No client's statement is likely to be called so, and none that is meets ours: names are mapped both ways. */
    static final String NAME_PREFIX = "understudy_";

    /** In front of a client's name that looks like the router's and stands for nothing. */
    static final String NOBODYS_PREFIX = "no ";

    /** Of the object and what belongs to it beside the text. */
    private static final int OVERHEAD_BYTES = 200;

    /** How many names of clients stand for it. */
    int holders;

    /** Of a Parse message: the text, zero-terminated, then the types of its parameters. Null for one that was prepared by SQL. */
    byte @Nullable [] parseTail;

    /** What follows the name in a PREPARE command; raw bytes as Latin-1. Null for one that was prepared by a message. */
    final @Nullable String sqlTail;

    /**
     * As the client wrote it, raw bytes as Latin-1, when it names prepared statements of SQL: what those are called on servers is known
     * when it is used, not before. Null for every other.
     */
    @Nullable
    String clientText;

    final String serverName;
    final byte[] serverNameBytes;
    final int suspicion;
    final CustomSettings customSettings;

    /** Whether it makes the session forget prepared statements. */
    final boolean forgets;

    final int hash;

    private @Nullable ArrayDeque<Prepared> meanings;

    /** Of everything that a server told of it; null while nothing was told. */
    byte @Nullable [] digest;

    private @Nullable Prepared text;

    private int generation;
    private final int bytes;
    private boolean isRead;
    private boolean momentary;

    /** Of one that was prepared by a message. */
    byte[] tail() {
        return Objects.requireNonNull(parseTail, "it was prepared by SQL");
    }

    /** The next one in the same bucket of {@link PreparedTexts}. */
    @Nullable
    Prepared next;

    private Prepared(
            long id,
            byte @Nullable [] parseTail,
            @Nullable String sqlTail,
            int suspicion,
            CustomSettings customSettings,
            int hash) {
        this.serverName = NAME_PREFIX + id;
        this.serverNameBytes = serverName.getBytes(StandardCharsets.US_ASCII);
        this.parseTail = parseTail;
        this.sqlTail = sqlTail;
        this.suspicion = suspicion;
        this.customSettings = customSettings;
        this.forgets = parseTail != null && Forgetting.isOne(Unpooled.wrappedBuffer(parseTail), 0, parseTail.length);
        this.hash = hash;
        this.bytes =
                OVERHEAD_BYTES + (parseTail == null ? 0 : parseTail.length) + (sqlTail == null ? 0 : sqlTail.length());
    }

    static Prepared byMessage(long id, byte[] parseTail, int suspicion, CustomSettings customSettings, int hash) {
        return new Prepared(id, parseTail, null, suspicion, customSettings, hash);
    }

    static Prepared bySql(long id, String tail, int suspicion) {
        return new Prepared(id, null, tail, suspicion, Custom.of(tail, suspicion), 0);
    }

    /** One with the same text. */
    Prepared fresh(long id) {
        Prepared made = new Prepared(id, parseTail, null, suspicion, customSettings, hash);
        made.text = text();
        made.clientText = clientText;
        return made;
    }

    /** Of one that is known by its text alone: those that servers have, the oldest first. */
    ArrayDeque<Prepared> meanings() {
        ArrayDeque<Prepared> known = meanings;
        if (known == null) {
            known = new ArrayDeque<>(1);
            meanings = known;
        }
        return known;
    }

    /** The one that is known by its text alone. */
    Prepared text() {
        return text == null ? this : text;
    }

    /** Whether other clients' names may stand for it too: a server told what it means, and it meant that to anybody. */
    boolean isShared() {
        return digest != null;
    }

    /** Whether its text has a constant that is another one at another time, such as {@code date 'today'}: a server reads it when it prepares it. */
    boolean isMomentary() {
        Prepared same = text();
        if (!same.isRead) {
            same.isRead = true;
            same.momentary = Momentary.isPossible(new String(same.tail(), StandardCharsets.ISO_8859_1));
        }
        return same.momentary;
    }

    /** About how much of the router's memory it takes, in bytes. */
    int bytes() {
        return bytes;
    }

    /** A server told what it takes it for; wherever it is prepared from now on, it has these types. */
    void means(byte[] types) {
        byte[] tail = tail();
        int textEnd = textEnd(tail);
        byte[] typed = Arrays.copyOf(tail, textEnd + 1 + types.length);
        System.arraycopy(types, 0, typed, textEnd + 1, types.length);
        parseTail = typed;
    }

    /** Whether servers get this text; raw bytes as Latin-1. */
    boolean says(String rawSql) {
        byte[] tail = tail();
        return tail.length > rawSql.length()
                && tail[rawSql.length()] == 0
                && new String(tail, 0, rawSql.length(), StandardCharsets.ISO_8859_1).equals(rawSql);
    }

    /** Of the tail of a Parse message: what follows the text. */
    byte[] zeroAndTypes() {
        byte[] tail = tail();
        int textEnd = textEnd(tail);
        return Arrays.copyOfRange(tail, textEnd, tail.length);
    }

    private static int textEnd(byte[] tail) {
        int end = 0;
        while (tail[end] != 0) {
            end++;
        }
        return end;
    }

    /** Rises when what it reads changed its shape. Small values are shared objects, so noting them allocates nothing. */
    int generation() {
        return generation;
    }

    /** Wherever it is prepared, it must be prepared again. */
    void changed() {
        generation++;
    }

    /** Whether it is the one that {@code buffer} describes from {@code from} on, as the tail of a Parse message. */
    boolean sameAs(ByteBuf buffer, int from, int length) {
        byte[] tail = parseTail;
        return tail != null
                && tail.length == length
                && ByteBufUtil.equals(Unpooled.wrappedBuffer(tail), 0, buffer, from, length);
    }

    /** The command that prepares it; raw bytes as Latin-1. Only for one that was prepared by SQL. */
    String prepareCommand() {
        return "PREPARE \"" + serverName + "\" " + sqlTail;
    }
}
