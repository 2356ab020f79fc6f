package io.understudy.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process that was seen once, told apart from a later one with the same id by when it began (proc(5)).
 *
 * <p>A process that ends first gives up its memory and its working directory, so that {@code environ}, {@code exe} and {@code cwd} cannot be read
 * any more; taking a large shared memory off it and closing its files and sockets comes after that, and of a process with many threads the first
 * may be dead while others are not. Whoever needs that nothing of it is left therefore asks {@link #ended}, not whether those can be read.
 *
 * @param pid its id
 * @param startTicks when it began, in clock ticks after the machine did
 */
public record SeenProcess(long pid, long startTicks) {

    private static final Path PROC = Path.of("/proc");

    /** PF_EXITING of the kernel's sched.h: set before anything is given up. */
    private static final long EXITING = 0x4;

    /** What {@code stat} has after the name, counted from the state on. */
    private static final int STATE = 0;

    private static final int FLAGS = 6;
    private static final int START = 19;

    /**
     * The process with this id now; empty when there is none.
     *
     * @throws IOException when that cannot be told
     */
    public static Optional<SeenProcess> of(long pid) throws IOException {
        return stat(process(pid)).map(fields -> new SeenProcess(pid, Long.parseLong(fields[START])));
    }

    /**
     * Whether nothing of it is left but, at the most, an exit status that nobody has fetched: every thread is dead, and the kernel has closed its
     * files and taken its memory.
     *
     * @throws IOException when that cannot be told
     */
    public boolean ended() throws IOException {
        Optional<String[]> fields = stat(process(pid));
        if (fields.isEmpty() || Long.parseLong(fields.get()[START]) != startTicks) {
            return true;
        }
        return dead(fields.get()) && everyThreadIsDead();
    }

    /**
     * Whether it is on its way out: it runs no instruction of its program any more, and has not {@link #ended} yet.
     *
     * @throws IOException when that cannot be told
     */
    public boolean exiting() throws IOException {
        Optional<String[]> fields = stat(process(pid));
        return fields.isPresent()
                && Long.parseLong(fields.get()[START]) == startTicks
                && (Long.parseLong(fields.get()[FLAGS]) & EXITING) != 0
                && !ended();
    }

    private boolean everyThreadIsDead() throws IOException {
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(process(pid).resolve("task"))) {
            for (Path thread : threads) {
                Optional<String[]> fields = stat(thread);
                if (fields.isPresent() && !dead(fields.get())) {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException gone) {
            return true;
        } catch (DirectoryIteratorException failed) {
            if (Files.exists(process(pid))) {
                throw failed.getCause();
            }
            return true;
        }
    }

    private static boolean dead(String[] fields) {
        return fields[STATE].equals("Z") || fields[STATE].equals("X");
    }

    private static Path process(long pid) {
        return PROC.resolve(Long.toString(pid));
    }

    /** Empty when there is no such process or thread. */
    private static Optional<String[]> stat(Path entry) throws IOException {
        try {
            String stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
            // The command's name stands in parentheses and may itself hold any character, so the last one closes it.
            return Optional.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        } catch (IOException failed) {
            if (Files.exists(entry)) {
                throw failed;
            }
            return Optional.empty();
        }
    }
}
