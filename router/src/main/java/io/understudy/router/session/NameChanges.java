package io.understudy.router.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What PREPARE and DEALLOCATE in a text do to a client's names of prepared statements when the text runs. */
final class NameChanges {
    /** {@code adds} or takes away. */
    private record Change(byte[] name, Prepared prepared, boolean adds) {}

    static final NameChanges NONE = new NameChanges(List.of());

    private final List<Change> changes;

    private NameChanges(List<Change> changes) {
        this.changes = changes;
    }

    NameChanges() {
        this(new ArrayList<>(1));
    }

    void adds(byte[] name, Prepared prepared) {
        changes.add(new Change(name, prepared, true));
    }

    void removes(byte[] name, Prepared prepared) {
        changes.add(new Change(name, prepared, false));
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    /** What the name will stand for after all changes so far; null when it will stand for nothing known. */
    @Nullable
    Prepared find(StatementNames names, byte[] name) {
        for (Change change : changes.reversed()) {
            if (Arrays.equals(change.name, name)) {
                return change.adds ? change.prepared : null;
            }
        }
        return names.find(name);
    }

    /** The text goes out. Returns what takes the changes back when it fails. */
    Undo make(ClientSession client, ServerConnection at) {
        List<Change> made = new ArrayList<>(changes.size());
        for (Change change : changes) {
            Prepared before = client.holds().names().find(change.name);
            if (before == (change.adds ? null : change.prepared)) {
                made.add(change);
                if (change.adds) {
                    client.holds().names().put(change.name, change.prepared);
                    at.statements().add(change.prepared);
                } else {
                    client.holds().names().remove(change.name);
                    at.statements().remove(change.prepared);
                }
            }
        }
        return server -> made.reversed().forEach(change -> takeBack(change, client, server));
    }

    private static void takeBack(Change change, ClientSession client, ServerConnection server) {
        if (change.adds) {
            client.holds().names().remove(change.name);
            server.statements().remove(change.prepared);
        } else {
            client.holds().names().put(change.name, change.prepared);
            // A query of several statements may have failed behind this one.
            server.statements().mayBeGone(change.prepared);
        }
    }
}
