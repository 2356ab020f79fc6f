package io.understudy.router.admin;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * One client, at a moment.
 *
 * @param id as in its cancel key
 * @param application empty when it said none
 * @param state starting, idle, waiting (for a server connection), active (something runs), attached (it keeps its server
 *     connection between transactions), paused (it does, and waits for RESUME), busy (the router itself uses its server connection), skipping or leaving
 * @param connected for how long
 * @param waiting for how long; zero when it does not
 * @param serverPid the process of its server connection; empty when it has none
 * @param preparedStatements that it knows by name
 * @param pins why it keeps its server connection; empty when nothing ties it
 * @param pinned for how long; zero when it is not
 */
public record ClientView(
        int id,
        String user,
        String database,
        String address,
        String application,
        String state,
        Duration connected,
        Duration waiting,
        OptionalInt serverPid,
        int preparedStatements,
        List<String> pins,
        Duration pinned) {

    public ClientView {
        pins = List.copyOf(pins);
    }
}
