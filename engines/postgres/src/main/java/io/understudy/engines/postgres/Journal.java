package io.understudy.engines.postgres;

import io.understudy.core.cluster.Epoch;
import io.understudy.engines.postgres.files.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * The steps this node took, on disk before each begins and after it ended. One line a step: time, begun, done or failed,
 * name, promised epoch, whether it may simply be repeated. Bounded: the older half is dropped into one file.
 */
final class Journal {

    private static final String NAME = "journal";
    private static final long LARGEST_BYTES = 1 << 20;
    private static final int LONGEST_NOTE = 300;

    private final Path directory;

    Journal(Path directory) {
        this.directory = directory;
    }

    void begun(String step, Epoch promised, boolean repeatable) throws IOException {
        append("begun", step, promised, repeatable ? "repeatable" : "look-first");
    }

    void done(String step, Epoch promised) throws IOException {
        append("done", step, promised, "");
    }

    void failed(String step, Epoch promised, String why) throws IOException {
        String line = why.replaceAll("\\s+", " ");
        append("failed", step, promised, line.substring(0, Math.min(LONGEST_NOTE, line.length())));
    }

    void noted(String what, Epoch promised, String note) throws IOException {
        append("noted", what, promised, note.replaceAll("\\s+", " "));
    }

    private void append(String what, String step, Epoch promised, String note) throws IOException {
        Path file = directory.resolve(NAME);
        if (Files.exists(file) && Files.size(file) > LARGEST_BYTES) {
            Files.move(file, directory.resolve(NAME + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        String line = Instant.now() + " " + what + " " + step + " " + promised + " " + note + "\n";
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(line);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (FileSystemException named) {
            throw named;
        } catch (IOException unnamed) {
            throw DurableFiles.naming(file, unnamed);
        }
    }
}
