package io.understudy.chaos.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writing so that a reader sees either what was there before or all of the new. Not synced: a result can be made again. */
final class WholeFile {

    private WholeFile() {}

    /** Replaces {@code file} in one step, by way of a temporary file beside it; makes the directories above it. */
    static void write(Path file, String contents) throws IOException {
        Path target = file.toAbsolutePath();
        Path folder = target.getParent();
        if (folder == null) {
            throw new IOException("Expected the path of a file, found " + file);
        }
        Files.createDirectories(folder);
        Path temporary = folder.resolve("." + target.getFileName() + ".tmp");
        try {
            Files.writeString(temporary, contents);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
