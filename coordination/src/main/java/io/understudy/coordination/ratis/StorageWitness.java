package io.understudy.coordination.ratis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * What is known outside the storage directory about the storage that belongs there, see {@link StorageLife}.
 *
 * @param incarnation of the storage
 * @param starts how often the peer was started with it
 * @param phase how far the last start had come
 */
record StorageWitness(String incarnation, long starts, Phase phase) {
    enum Phase {
        /** The storage holds this number of starts or one less; with this number nothing was promised yet. */
        raising,
        /** The storage holds exactly this number of starts. */
        settled
    }

    /** What the file says; empty if there is none. */
    static Optional<StorageWitness> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Properties found = DurableProperties.read(file);
        String incarnation = found.getProperty("incarnation", "");
        String starts = found.getProperty("starts", "");
        String phase = found.getProperty("phase", "");
        try {
            return Optional.of(new StorageWitness(incarnation, Long.parseLong(starts), Phase.valueOf(phase)));
        } catch (IllegalArgumentException damaged) {
            throw new RaftStorageRefused("The record " + file + " of this node's Raft storage has incarnation '"
                    + incarnation + "', starts '" + starts + "', phase '" + phase
                    + "', expected a text, a number and one of raising, settled: it is damaged; next step: delete it,"
                    + " and the node joins again as a new member");
        }
    }

    void write(Path file) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("incarnation", incarnation);
        values.put("starts", String.valueOf(starts));
        values.put("phase", phase.name());
        DurableProperties.write(file, values);
    }
}
