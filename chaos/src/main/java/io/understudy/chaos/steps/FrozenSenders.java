package io.understudy.chaos.steps;

import io.understudy.cli.local.LocalNode;
import io.understudy.cli.local.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Stops the processes of a primary that send its log to replicas, until they are killed with the rest. */
final class FrozenSenders {

    private static final String TITLE = "walsender";

    private FrozenSenders() {}

    /**
     * Stops those of {@code primary}.
     *
     * @throws IOException when there are none
     */
    static void of(LocalNode primary) throws IOException {
        List<Long> senders = new ArrayList<>();
        for (long server : primary.processes().servers()) {
            if (title(server).contains(TITLE)) {
                senders.add(server);
            }
        }
        if (senders.isEmpty()) {
            throw new IOException("The server of " + primary.id() + " sends its log to nobody: expected two replicas");
        }
        Signals.STOP.send(senders);
    }

    private static String title(long process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }
}
