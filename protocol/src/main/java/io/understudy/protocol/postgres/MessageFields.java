package io.understudy.protocol.postgres;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What an error or a notice says, by field.
 *
 * @param byType the fields by their type byte; severity ({@code S}), SQLSTATE ({@code C}) and message ({@code M}) are always
 *     present
 * @see <a href="https://www.postgresql.org/docs/current/protocol-error-fields.html">Error and Notice Message Fields</a>
 */
public record MessageFields(Map<Character, String> byType) {
    public MessageFields {
        byType = Collections.unmodifiableMap(new LinkedHashMap<>(byType));
        for (char required : new char[] {'S', 'C', 'M'}) {
            if (!byType.containsKey(required)) {
                throw new IllegalArgumentException(
                        "field '%s' is missing; found %s".formatted(required, byType.keySet()));
            }
        }
    }

    /** The fields of an error or a notice with nothing optional. */
    public static MessageFields of(String severity, String sqlState, String message) {
        Map<Character, String> fields = new LinkedHashMap<>();
        fields.put('S', severity);
        fields.put('V', severity);
        fields.put('C', sqlState);
        fields.put('M', message);
        return new MessageFields(fields);
    }

    /** ERROR, FATAL, PANIC, WARNING, NOTICE, ...; untranslated where the server sends that too. */
    public String severity() {
        return field('V').orElseGet(() -> required('S'));
    }

    /** The five characters of the SQLSTATE. */
    public String sqlState() {
        return required('C');
    }

    /** The message itself. */
    public String message() {
        return required('M');
    }

    /** More about it, if the server said more. */
    public Optional<String> detail() {
        return field('D');
    }

    /** What the server suggests, if it does. */
    public Optional<String> hint() {
        return field('H');
    }

    private Optional<String> field(char type) {
        return Optional.ofNullable(byType.get(type));
    }

    private String required(char type) {
        return field(type).orElseThrow();
    }

    static MessageFields decode(BodyReader in) {
        Map<Character, String> fields = new LinkedHashMap<>();
        for (byte type = in.int1("field type"); type != 0; type = in.int1("field type")) {
            fields.put((char) (type & 0xff), in.text("field"));
        }
        in.end();
        try {
            return new MessageFields(fields);
        } catch (IllegalArgumentException e) {
            throw in.malformed(String.valueOf(e.getMessage()));
        }
    }

    void encode(BodyWriter out) {
        byType.forEach((type, text) -> out.int1(type).text(text));
        out.int1(0);
    }

    /** As one line: severity, SQLSTATE, message, detail, hint. */
    @Override
    public String toString() {
        return "%s %s: %s%s%s"
                .formatted(
                        severity(),
                        sqlState(),
                        message(),
                        detail().map(text -> " (" + text + ")").orElse(""),
                        hint().map(text -> " [hint: " + text + "]").orElse(""));
    }
}
