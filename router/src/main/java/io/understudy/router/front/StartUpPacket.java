package io.understudy.router.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A start-up message.
 *
 * @param startUp what it asks for
 * @param negotiation whether the client has to be told what is spoken instead of what it asked for
 * @param unknownOptions protocol options that are not known
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">StartupMessage</a>
 */
record StartUpPacket(StartUp startUp, Negotiation negotiation, List<String> unknownOptions) {
    /** As PostgreSQL: nobody needs more, and who sends more is no client. */
    static final int MAX_BYTES = 10_000;

    /** The only major version. */
    static final int MAJOR = 3;

    /** The newest minor version, of PostgreSQL 18. */
    static final int NEWEST_MINOR = 2;

    private static final String PROTOCOL_OPTION = "_pq_.";
    private static final List<String> TRUE = List.of("true", "yes", "on", "1");
    private static final List<String> FALSE = List.of("false", "no", "off", "0");

    /** Whether NegotiateProtocolVersion is due. */
    enum Negotiation {
        NOT_NEEDED,
        DUE
    }

    /** Reads what is behind the length: the version and the parameters. */
    static StartUpPacket read(ByteBuf body) throws RefusedException {
        int version = body.readInt();
        int major = version >>> 16;
        int minor = version & 0xffff;
        if (major != MAJOR) {
            throw RefusedException.of(
                    RefusedException.NOT_SUPPORTED,
                    "unsupported frontend protocol %d.%d: the router supports 3.0 to 3.%d"
                            .formatted(major, minor, NEWEST_MINOR));
        }
        Map<String, String> all = parameters(body);
        List<String> unknown = new ArrayList<>();
        for (String name : List.copyOf(all.keySet())) {
            if (name.startsWith(PROTOCOL_OPTION)) {
                unknown.add(name);
                all.remove(name);
            }
        }
        checkReplication(all.remove("replication"));
        String user = name(all.remove("user"));
        if (user == null || user.isEmpty()) {
            throw RefusedException.of(
                    RefusedException.INVALID_AUTHORIZATION, "no PostgreSQL user name specified in startup packet");
        }
        String database = name(all.remove("database"));
        StartUp startUp = new StartUp(
                minor >= NEWEST_MINOR ? NEWEST_MINOR : 0,
                user,
                database == null || database.isEmpty() ? user : database,
                Map.copyOf(all));
        Negotiation negotiation = minor > NEWEST_MINOR || !unknown.isEmpty() ? Negotiation.DUE : Negotiation.NOT_NEEDED;
        return new StartUpPacket(startUp, negotiation, unknown);
    }

    private static Map<String, String> parameters(ByteBuf body) throws RefusedException {
        Map<String, String> all = new LinkedHashMap<>();
        for (String name = text(body); !name.isEmpty(); name = text(body)) {
            all.put(name, text(body));
        }
        if (body.isReadable()) {
            throw malformed("expected terminator as last byte");
        }
        return all;
    }

    /** Roles and databases are compared with rules and files, which are UTF-8. */
    private static @Nullable String name(@Nullable String raw) {
        return raw == null ? null : new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Raw bytes as Latin-1: in which encoding they are only the server knows. */
    private static String text(ByteBuf body) throws RefusedException {
        int length = body.bytesBefore((byte) 0);
        if (length < 0) {
            throw malformed("a name or a value has no terminating zero byte");
        }
        String text = body.toString(body.readerIndex(), length, StandardCharsets.ISO_8859_1);
        body.skipBytes(length + 1);
        return text;
    }

    private static RefusedException malformed(String what) {
        return RefusedException.of(RefusedException.PROTOCOL_VIOLATION, "invalid startup packet layout: " + what);
    }

    private static void checkReplication(@Nullable String value) throws RefusedException {
        if (value == null || isBoolean(value, FALSE)) {
            return;
        }
        if (!value.equals("database") && !isBoolean(value, TRUE)) {
            throw RefusedException.of(
                            RefusedException.INVALID_VALUE,
                            "invalid value for parameter \"replication\": \"%s\"".formatted(value))
                    .hint("Valid values are: \"false\", 0, \"true\", 1, \"database\".");
        }
        throw RefusedException.of(
                        RefusedException.NOT_SUPPORTED, "replication connections can not be made through the router")
                .hint("Connect to the server itself.");
    }

    /** As PostgreSQL's parse_bool: any unique prefix of a word, whatever its case ("o" could be on or off). */
    private static boolean isBoolean(String value, List<String> words) {
        String lower = value.toLowerCase(Locale.ROOT);
        return !lower.isEmpty() && !lower.equals("o") && words.stream().anyMatch(word -> word.startsWith(lower));
    }
}
