package io.understudy.engines.postgres;

import io.understudy.engines.EngineException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says of a step that failed because a disk is full which file it was, how much is free there, and what to do. */
final class NoSpace {

    private static final List<String> WORDS = List.of("no space left on device", "disk quota exceeded");
    private static final String SQL_STATE = "53100";
    private static final int DEEPEST_CAUSE = 10;

    private NoSpace() {}

    /**
     * The sentence, empty when it failed for another reason.
     *
     * @param places where this node writes, in case the error names no file: the one with the least space is named then
     */
    static Optional<String> told(Throwable failed, List<Path> places) {
        boolean full = false;
        Throwable at = failed;
        for (int depth = 0; at != null && depth < DEEPEST_CAUSE; depth++) {
            full |= isFull(at);
            if (isFull(at) && at instanceof FileSystemException named) {
                return Optional.of(sentence(named.getFile(), places));
            }
            at = at.getCause();
        }
        return full ? Optional.of(sentence(null, places)) : Optional.empty();
    }

    private static boolean isFull(Throwable cause) {
        String said = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        return cause instanceof SQLException answer
                ? SQL_STATE.equals(answer.getSQLState())
                : (cause instanceof IOException || cause instanceof EngineException)
                        && WORDS.stream().anyMatch(said::contains);
    }

    private static String sentence(@Nullable String file, List<Path> places) {
        Optional<Path> fullest =
                places.stream().map(NoSpace::existing).min((one, other) -> Long.compare(usable(one), usable(other)));
        Path place = file == null ? fullest.orElse(Path.of("/")) : existing(Path.of(file));
        return EngineException.NO_SPACE + (file == null ? place : file) + ": " + usable(place)
                + " bytes are free on the device of " + place + store(place)
                + ". Make room there or enlarge it; the step is taken again by itself.";
    }

    private static Path existing(Path path) {
        Path at = path.toAbsolutePath();
        while (!Files.isDirectory(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private static long usable(Path place) {
        try {
            return Files.getFileStore(place).getUsableSpace();
        } catch (IOException unreadable) {
            return Long.MAX_VALUE;
        }
    }

    private static String store(Path place) {
        try {
            FileStore store = Files.getFileStore(place);
            return " (" + store.name() + ", " + store.type() + ")";
        } catch (IOException unreadable) {
            return "";
        }
    }
}
