package io.understudy.router.session;

import java.util.Iterator;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** Which statements are prepared on one server connection, the longest unused first. Owned by the event loop. */
final class ServerStatements {
    private static final float LOAD = 0.75f;

    /** No generation: as good as an old one. */
    private static final Integer UNKNOWN = -1;

    private final LinkedHashMap<Prepared, Integer> byUse = new LinkedHashMap<>(16, LOAD, true);

    /** Whether it is there and as good as new; asking counts as use. */
    boolean has(Prepared prepared) {
        Integer generation = byUse.get(prepared);
        return generation != null && generation == prepared.generation();
    }

    /** Whether it is there, but prepared before what it reads changed its shape: it must be closed first. */
    boolean hasOld(Prepared prepared) {
        Integer generation = byUse.get(prepared);
        return generation != null && generation != prepared.generation();
    }

    /** Whether something is there under its name. */
    boolean isNameTaken(Prepared prepared) {
        return byUse.containsKey(prepared);
    }

    /** Notes that it is there. */
    void add(Prepared prepared) {
        byUse.put(prepared, prepared.generation());
    }

    /** Whether it is still there, or anything else under its name, nobody knows: it is closed, which never fails, before it is prepared again. */
    void mayBeGone(Prepared prepared) {
        byUse.put(prepared, UNKNOWN);
    }

    /** Nobody uses it any more: it is the next to be closed when there are too many. */
    void age(Prepared prepared) {
        Integer generation = byUse.remove(prepared);
        if (generation != null) {
            byUse.putFirst(prepared, generation);
        }
    }

    /** Forgets one that is about to be closed; returns what puts it back. */
    Runnable takeOut(Prepared prepared) {
        Integer generation = byUse.remove(prepared);
        return () -> {
            if (generation != null) {
                byUse.put(prepared, generation);
            }
        };
    }

    void remove(Prepared prepared) {
        byUse.remove(prepared);
    }

    void clear() {
        byUse.clear();
    }

    int size() {
        return byUse.size();
    }

    /** Forgets the longest unused one if there are more than {@code most}; null when there are not. */
    @Nullable
    Prepared evict(int most) {
        if (byUse.size() <= most) {
            return null;
        }
        Iterator<Prepared> all = byUse.keySet().iterator();
        Prepared eldest = all.next();
        all.remove();
        return eldest;
    }

    /** Forgets the one whose name the server's error mentions. */
    void removeNamedIn(String message) {
        byUse.keySet().removeIf(prepared -> message.contains('"' + prepared.serverName + '"'));
    }
}
