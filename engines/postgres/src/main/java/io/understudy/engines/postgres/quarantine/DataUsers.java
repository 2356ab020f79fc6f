package io.understudy.engines.postgres.quarantine;

import io.understudy.guard.SeenProcess;
import io.understudy.guard.StrayServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Which processes work in a data directory. Every process of a server has it as its working directory, also backends whose
 * postmaster is gone; {@code postmaster.pid} would miss those.
 */
final class DataUsers {

    private static final Duration LEAVING = Duration.ofSeconds(1);

    private DataUsers() {}

    /** One that is ending and may have worked there is waited for, because its files are still open. */
    static List<Long> of(Path data) throws IOException {
        List<Long> users =
                StrayServer.serversIn(data).stream().map(SeenProcess::pid).toList();
        if (users.isEmpty()) {
            StrayServer.awaitEnd(StrayServer.leaving(data), LEAVING);
        }
        return users;
    }
}
