package io.understudy.chaos.steps;

import com.sun.jdi.ArrayReference;
import com.sun.jdi.ByteValue;
import com.sun.jdi.Field;
import com.sun.jdi.LongValue;
import com.sun.jdi.ObjectReference;
import com.sun.jdi.StringReference;
import com.sun.jdi.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Values of a held JVM in words. Nothing is called in it: it stays as it is. */
final class Mirrored {

    private static final String DIGITS = "[0-9]{3,}";
    private static final int WORDS = 2;

    private Mirrored() {}

    /** The simple name of a value's class, without those around it. */
    static String typeOf(@Nullable Value value) {
        if (!(value instanceof ObjectReference object)) {
            return "nothing";
        }
        String name = object.referenceType().name();
        return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
    }

    static String text(@Nullable Value value) {
        return value instanceof StringReference string ? string.value() : "";
    }

    /** A file's own name; numbers, which differ from run to run, are left out. */
    static String fileName(@Nullable Value path) {
        if (field(path, "path") instanceof ArrayReference bytes) {
            List<Value> values = bytes.getValues();
            byte[] raw = new byte[values.size()];
            for (int i = 0; i < raw.length; i++) {
                raw[i] = ((ByteValue) values.get(i)).value();
            }
            String whole = new String(raw, StandardCharsets.UTF_8);
            return whole.substring(whole.lastIndexOf('/') + 1).replaceAll(DIGITS, "#");
        }
        return "a file";
    }

    /** The beginning of a statement, up to its first argument. */
    static String statement(@Nullable Value sql) {
        String[] words = text(sql).strip().toLowerCase(Locale.ROOT).split("[\\s(]+", WORDS + 1);
        return String.join(" ", List.of(words).subList(0, Math.min(WORDS, words.length)));
    }

    /** A constant of an enum. */
    static String constant(@Nullable Value value) {
        return text(field(value, "name")).toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    static long number(@Nullable Value object, String field) {
        return field(object, field) instanceof LongValue number ? number.value() : -1;
    }

    static @Nullable Value field(@Nullable Value value, String name) {
        if (!(value instanceof ObjectReference object)) {
            return null;
        }
        Field field = object.referenceType().fieldByName(name);
        return field == null ? null : object.getValue(field);
    }
}
