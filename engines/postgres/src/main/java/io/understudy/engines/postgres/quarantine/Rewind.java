package io.understudy.engines.postgres.quarantine;

import io.understudy.engines.postgres.files.DataDirectoryException;
import io.understudy.engines.postgres.files.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Turns diverged data back into a replica's with {@code pg_rewind}, where the installation has it. It works on a second copy
 * of the kept one, which itself is never touched: a failed rewind ruins its target, and what is in the quarantine must stay
 * whole. The second copy shares blocks where the file system can ({@code cp --reflink=auto}) and needs the whole size where
 * it cannot; without that space, or after {@link #MAX_TRIES} failures, the answer is to clone again. Copying the whole was
 * chosen over copying the diverged blocks: it is simple, and it cannot leave anything out.
 *
 * <p>Needs, as {@code pg_rewind} does, {@code wal_log_hints} or data checksums, and the log back to the fork.
 */
public final class Rewind {

    /** What came of it. */
    public sealed interface Outcome permits Rewound, CloneInstead {}

    /** The data directory is in place, its server not started; it must be configured as a replica before it is. */
    public record Rewound(Path dataDirectory) implements Outcome {}

    /** Nothing is in place. */
    public record CloneInstead(String reason) implements Outcome {}

    /** What else rewound data needs before it is put in its place. */
    @FunctionalInterface
    public interface Completion {
        /** Completes it; returns what is missing, empty when nothing is. */
        Optional<String> complete(Path rewound) throws IOException, InterruptedException;
    }

    /** A rewind that failed twice from a fresh copy fails for a reason that a third try does not change. */
    static final int MAX_TRIES = 2;

    private static final double SPACE_MARGIN = 1.1;
    private static final int MAX_OUTPUT = 2000;

    // By these the programs are found again when whoever started them was killed.
    private static final String SHARING_BLOCKS = "--reflink=auto";
    private static final String TARGET = "--target-pgdata=";

    private final Path binaries;
    private final List<String> userPrefix;
    private final Duration limit;

    /**
     * With an installation.
     *
     * @param binaries the folder that may hold {@code pg_rewind}
     * @param userPrefix as for {@link PlainKeptServer#starter}
     * @param limit of each program that is run
     */
    public Rewind(Path binaries, List<String> userPrefix, Duration limit) {
        this.binaries = binaries;
        this.userPrefix = List.copyOf(userPrefix);
        this.limit = limit;
    }

    /** Whether the installation can do it at all: a capability to be shown. */
    public boolean isAvailable() {
        return Files.isExecutable(binaries.resolve("pg_rewind"));
    }

    /**
     * Rewinds a copy of the kept data to where the source forked off, and puts it at {@code dataDirectory}.
     *
     * @param kept what {@link QuarantineStore#keep} returned; no server may run on it
     * @param dataDirectory where the data shall lie; must not exist
     * @param source conninfo of the primary, with a login that may read its files; without a password
     * @param completion called when {@code pg_rewind} succeeded
     * @throws IOException when {@code dataDirectory} exists, or the disk fails; an unfinished copy beside it is removed
     *     by the next call
     */
    public Outcome attempt(KeptCopy kept, Path dataDirectory, String source, Completion completion)
            throws IOException, InterruptedException {
        if (Files.exists(dataDirectory)) {
            throw new DataDirectoryException(
                    dataDirectory + " exists, expected its place to be free after its data was kept; keep that too");
        }
        if (kept.state() != KeptCopy.State.KEPT || !DataUsers.of(kept.data()).isEmpty()) {
            return new CloneInstead("the kept copy " + kept.id() + " is " + kept.state() + " or open");
        }
        if (!isAvailable()) {
            return new CloneInstead("there is no pg_rewind in " + binaries);
        }
        Optional<Path> link = linkIn(kept.data());
        if (link.isPresent()) {
            return new CloneInstead(
                    link.get() + " is a link: a second copy would share what it leads to with the kept one");
        }
        Path working = workingOf(dataDirectory);
        QuarantineStore.deleteTree(working);
        long needed = (long) (kept.bytes() * SPACE_MARGIN);
        long usable = Files.getFileStore(kept.data()).getUsableSpace();
        if (usable < needed) {
            return new CloneInstead("a rewind needs a second copy of " + needed + " bytes, " + usable + " are free");
        }
        return attempt(kept, dataDirectory, working, source, completion);
    }

    private static Optional<Path> linkIn(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            return all.filter(Files::isSymbolicLink).findFirst();
        }
    }

    /** Where the second copy lies until it is put in place. */
    public static Path workingOf(Path dataDirectory) {
        return dataDirectory.resolveSibling(dataDirectory.getFileName() + ".rewinding");
    }

    /**
     * Whether a program with these arguments makes, rewinds or rehearses the second copy at {@code working}. A {@code sync} of
     * its file system is left out: it changes nothing there.
     */
    public static boolean worksOn(Path working, List<String> arguments) {
        String copy = working.toString();
        int named = arguments.indexOf(copy);
        boolean copies = named == arguments.size() - 1 && arguments.contains(SHARING_BLOCKS);
        boolean serves = named > 0 && arguments.get(named - 1).equals(OpenedCopy.DATA);
        return arguments.contains(TARGET + copy) || (named >= 0 && (copies || serves));
    }

    private Outcome attempt(KeptCopy kept, Path dataDirectory, Path working, String source, Completion completion)
            throws IOException, InterruptedException {
        String last = "";
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            last = tryOnce(kept, working, source, completion);
            if (last.isEmpty()) {
                // pg_rewind syncs what it wrote; the copy before it is synced by the file system's own call.
                last = run(List.of("sync", "-f", working.toString()), working);
            }
            if (last.isEmpty()) {
                Files.move(working, dataDirectory, StandardCopyOption.ATOMIC_MOVE);
                DurableFiles.syncDirectory(DurableFiles.folderOf(dataDirectory));
                return new Rewound(dataDirectory);
            }
            QuarantineStore.deleteTree(working);
        }
        return new CloneInstead("pg_rewind failed " + MAX_TRIES + " times: " + last);
    }

    /** Empty when it worked. */
    private String tryOnce(KeptCopy kept, Path working, String source, Completion completion)
            throws IOException, InterruptedException {
        String copied = run(List.of("cp", "-a", SHARING_BLOCKS, kept.data().toString(), working.toString()), working);
        if (!copied.isEmpty()) {
            return copied;
        }
        Files.deleteIfExists(working.resolve("postmaster.pid"));
        List<String> command = new ArrayList<>(userPrefix);
        command.addAll(List.of(
                binaries.resolve("pg_rewind").toString(),
                TARGET + working,
                "--source-server=" + source,
                // It would start a server in single-user mode, which writes; the kept copy was stopped in order.
                "--no-ensure-shutdown"));
        String failed = run(command, working);
        if (!failed.isEmpty()) {
            return failed;
        }
        if (!Files.exists(working.resolve("backup_label"))) {
            // It looks no further than the last page written; a tail that touched none is there nevertheless.
            return "it found nothing to rewind, though the log left the cluster's";
        }
        return completion.complete(working).orElse("");
    }

    /** Empty when the program ended with status 0, else what it said last: beside the copy, to be removed with it. */
    private String run(List<String> command, Path working) throws IOException, InterruptedException {
        Path output = Rehearsal.logOf(working);
        try {
            Process process = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = false;
            try {
                ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            } finally {
                if (!ended) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                }
            }
            if (!ended) {
                process.waitFor();
                return command.getFirst() + " had not ended after " + limit;
            }
            if (process.exitValue() == 0) {
                return "";
            }
            String said = new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
            return "status " + process.exitValue() + ", " + said.substring(Math.max(0, said.length() - MAX_OUTPUT));
        } finally {
            Files.deleteIfExists(output);
        }
    }
}
