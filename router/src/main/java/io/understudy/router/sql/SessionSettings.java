package io.understudy.router.sql;

import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings that a session has for itself: what was asked for at its start or changed since, by lower-case name. A setting that is not
 * there has the value that the server gives to a new session.
 *
 * <p>Equal ones of one {@link Interner} are the same object, so that comparing with {@code ==} tells whether a server connection has what a
 * client needs. Values are the client's bytes decoded as ISO-8859-1, in the encoding that {@code client_encoding} names.
 */
public final class SessionSettings {

    private static final String ROLE = "role";
    private static final String CLIENT_ENCODING = "client_encoding";

    // FUNC_MAX_ARGS of PostgreSQL is 100.
    private static final int ARGUMENTS = 90;

    /** Where a server that was given no client_encoding by SET has it from. */
    private static final String ENCODING_AT_START =
            "(select s.reset_val from pg_catalog.pg_settings s where s.name operator(pg_catalog.=) 'client_encoding')";

    private final SequencedMap<String, String> values;
    private final int hash;

    private SessionSettings(Map<String, String> values) {
        SequencedMap<String, String> lower = new TreeMap<>();
        values.forEach((name, value) -> lower.put(AsciiCase.lower(name), value));
        this.values = lower;
        this.hash = lower.hashCode();
    }

    /** Makes settings, each once. It keeps those that somebody still uses. Used by one thread. */
    public static final class Interner {
        private final Map<SessionSettings, WeakReference<SessionSettings>> known = new WeakHashMap<>();
        private final SessionSettings none = new SessionSettings(Map.of());

        /** A session that was just opened. */
        public SessionSettings none() {
            return none;
        }

        /** These settings; where names differ only in case, the last one counts. */
        public SessionSettings of(Map<String, String> values) {
            if (values.isEmpty()) {
                return none;
            }
            SessionSettings made = new SessionSettings(values);
            WeakReference<SessionSettings> reference = known.get(made);
            SessionSettings before = reference == null ? null : reference.get();
            if (before != null) {
                return before;
            }
            known.put(made, new WeakReference<>(made));
            return made;
        }

        /**
         * What a client asked for when it connected. As in PostgreSQL, a parameter beats what {@code options} says of it.
         *
         * @param parameters of the start-up message, less user, database, replication and protocol options
         * @throws SettingRefusedException when {@code options} has a switch that cannot be followed, or what is asked for is no setting
         */
        public SessionSettings ofStartUp(Map<String, String> parameters) throws SettingRefusedException {
            Map<String, String> values = new LinkedHashMap<>();
            for (Map.Entry<String, String> parameter : parameters.entrySet()) {
                if (parameter.getKey().equalsIgnoreCase("options")) {
                    values.putAll(StartUpOptions.parse(parameter.getValue()));
                }
            }
            parameters.forEach((name, value) -> {
                if (!name.equalsIgnoreCase("options")) {
                    values.put(AsciiCase.lower(name), value);
                }
            });
            if (values.containsKey("session_authorization")) {
                throw new SettingRefusedException(
                        "0A000",
                        "parameter \"session_authorization\" cannot be set when connecting through the router; log in as that role, or SET it");
            }
            return of(values);
        }

        int size() {
            return known.size();
        }
    }

    /** The value of a setting, or null when the session has none of its own. */
    public @Nullable String value(String name) {
        return values.get(AsciiCase.lower(name));
    }

    /** By lower-case name, in the names' order. */
    public Map<String, String> values() {
        return Collections.unmodifiableMap(values);
    }

    /**
     * One SELECT that gives a session that has {@code from} what {@code to} says, or the empty text when nothing is to be done. It fails as a
     * whole or not at all; its row holds nothing of use.
     *
     * <p>It is {@code set_config} for each, because that takes the very text that pg_settings shows, lists included. A setting that is
     * not in {@code to} goes back to the session's default. The role is left first and taken last: what a setting needs, the role that logged in
     * has.
     */
    public static String toReach(SessionSettings from, SessionSettings to) {
        if (from.equals(to)) {
            return "";
        }
        Calls calls = new Calls(Objects.requireNonNullElse(literalOf(to.value(CLIENT_ENCODING)), ENCODING_AT_START));
        if (from.value(ROLE) != null) {
            calls.add(ROLE, "none");
        }
        from.values.forEach((name, value) -> {
            if (!to.values.containsKey(name) && !name.equals(ROLE)) {
                calls.add(name, null);
            }
        });
        to.values.forEach((name, value) -> {
            if (!value.equals(from.values.get(name)) && !name.equals(ROLE)) {
                calls.add(name, value);
            }
        });
        if (from.value(ROLE) != null || to.value(ROLE) != null) {
            calls.add(ROLE, to.value(ROLE));
        }
        return calls.select();
    }

    private static @Nullable String literalOf(@Nullable String text) {
        return text == null ? null : quote(text);
    }

    /** The same whether standard_conforming_strings is on or off. */
    private static String quote(String text) {
        String doubled = text.replace("'", "''");
        return text.indexOf('\\') < 0 ? "'" + doubled + "'" : "E'" + doubled.replace("\\", "\\\\") + "'";
    }

    /** What is computed from left to right. Only a number is returned, which no encoding can fail to write. */
    private static final class Calls {
        private final StringBuilder sql = new StringBuilder("select pg_catalog.num_nulls(");
        private final String encoding;
        private int count;

        Calls(String encoding) {
            this.encoding = encoding;
        }

        void add(String name, @Nullable String value) {
            if (count > 0) {
                sql.append(count % ARGUMENTS == 0 ? "),pg_catalog.num_nulls(" : ",");
            }
            count++;
            sql.append("pg_catalog.set_config(").append(literal(name)).append(',');
            sql.append(value == null ? "null" : literal(value)).append(",false)");
        }

        String select() {
            return sql.append(')').toString();
        }

        /**
         * Bytes beyond ASCII are spelt out: the text is read in the encoding that the session has until then, which may not be the one that
         * the value is in; and in encodings of clients only, a second byte may look like a backslash.
         */
        private String literal(String value) {
            if (value.chars().allMatch(c -> c < 0x80)) {
                return quote(value);
            }
            StringBuilder spelt = new StringBuilder("pg_catalog.convert_from(pg_catalog.decode('");
            value.chars().forEach(c -> spelt.append("%02x".formatted(c)));
            return spelt.append("','hex'),").append(encoding).append(')').toString();
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || other instanceof SessionSettings that && hash == that.hash && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
