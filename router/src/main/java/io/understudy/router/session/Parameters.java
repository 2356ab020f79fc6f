package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a server reports of itself and of the session's settings, by name. Equal ones are one object as long as they come from
 * one {@link Known}, so that comparing is cheap. Texts are raw bytes as Latin-1.
 */
final class Parameters {
    /** Equal parameters are made one. Owned by the event loop. */
    static final class Known {
        /** When there are more different ones, all are forgotten. */
        static final int MOST = 10_000;

        private final Map<Map<String, String>, Parameters> known = new HashMap<>();

        Parameters of(Map<String, String> byName) {
            Parameters found = known.get(byName);
            if (found == null) {
                if (known.size() >= MOST) {
                    known.clear();
                }
                found = new Parameters(byName);
                known.put(found.byName, found);
            }
            return found;
        }
    }

    private final Map<String, String> byName;

    private Parameters(Map<String, String> byName) {
        this.byName = new LinkedHashMap<>(byName);
    }

    Parameters with(String name, String value, Known known) {
        if (value.equals(byName.get(name))) {
            return this;
        }
        Map<String, String> changed = new LinkedHashMap<>(byName);
        changed.put(name, value);
        return known.of(changed);
    }

    String value(String name) {
        return byName.getOrDefault(name, "");
    }

    /** Tells a client what it does not know yet. */
    void tellWhatDiffersFrom(Map<String, String> told, ByteBuf out) {
        byName.forEach((name, value) -> {
            if (!value.equals(told.get(name))) {
                Messages.parameterStatus(out, name, value);
            }
        });
    }

    Map<String, String> byName() {
        return byName;
    }
}
