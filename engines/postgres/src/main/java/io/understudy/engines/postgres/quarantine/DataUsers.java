package io.understudy.engines.postgres.quarantine;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which processes work in a data directory. Every process of a server has it as its working directory, also backends whose
 * postmaster is gone; {@code postmaster.pid} would miss those.
 */
final class DataUsers {

    private static final Path PROCESSES = Path.of("/proc");

    private DataUsers() {}

    static List<Long> of(Path data) throws IOException {
        Path real = data.toRealPath();
        List<Long> users = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            for (Path process : processes) {
                if (worksIn(process, real)) {
                    users.add(Long.parseLong(String.valueOf(process.getFileName())));
                }
            }
        }
        return users;
    }

    private static boolean worksIn(Path process, Path real) {
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).equals(real);
        } catch (IOException e) {
            // It ended meanwhile, or belongs to another user, who then does not run our server.
            return false;
        }
    }
}
