package io.understudy.engines.postgres.installation;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The binaries of one PostgreSQL.
 *
 * @param bin the directory of its programs
 * @param major its major version, 14 to 18
 * @param version as it names itself
 * @param tools the optional programs it has; what needs a missing one is not possible here, and is said
 */
public record PostgresInstallation(Path bin, int major, String version, Set<Tool> tools) {

    /** The oldest major version that is supported. */
    public static final int OLDEST = 14;

    /** The newest major version that is supported. */
    public static final int NEWEST = 18;

    private static final Pattern VERSION = Pattern.compile("postgres \\(PostgreSQL\\) ((\\d+)\\S*).*");
    private static final long VERSION_SECONDS = 10;
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

    /** Copies the set. */
    public PostgresInstallation {
        tools = Set.copyOf(tools);
    }

    /** Programs that not every installation has. */
    public enum Tool {
        REWIND("pg_rewind"),
        WALDUMP("pg_waldump");

        private final String program;

        Tool(String program) {
            this.program = program;
        }

        /** The file's name. */
        public String program() {
            return program;
        }
    }

    /**
     * Finds the binaries.
     *
     * @throws IOException when there are none, or none of a supported version: it says where was looked and what was found
     */
    public static PostgresInstallation find(InstallationSource source) throws IOException {
        return switch (source) {
            case InstallationSource.Configured configured -> at(configured.directory());
            case InstallationSource.Embedded embedded -> at(EmbeddedArchive.unpackInto(embedded.cache()));
            case InstallationSource.Automatic automatic -> {
                Optional<PostgresInstallation> machine = newestOf(machineDirectories());
                yield machine.isPresent() ? machine.get() : at(EmbeddedArchive.unpackInto(automatic.cache()));
            }
        };
    }

    /** Where {@code name} is, or would be. */
    public Path program(String name) {
        return bin.resolve(name);
    }

    private static PostgresInstallation at(Path directory) throws IOException {
        Path bin = Files.isDirectory(directory.resolve("bin")) ? directory.resolve("bin") : directory;
        for (String needed : List.of("postgres", "initdb")) {
            if (!Files.isExecutable(bin.resolve(needed))) {
                throw new IOException("No PostgreSQL in " + directory + ": found no executable '" + needed + "' in "
                        + bin + ". Name the directory that holds postgres and initdb, or name none to have one found.");
            }
        }
        Matcher named = VERSION.matcher(firstLine(bin.resolve("postgres")));
        if (!named.matches()) {
            throw new IOException(bin.resolve("postgres") + " is no PostgreSQL server: --version answered '"
                    + firstLine(bin.resolve("postgres")) + "', expected 'postgres (PostgreSQL) <version>'.");
        }
        int major = Integer.parseInt(named.group(2));
        if (major < OLDEST || major > NEWEST) {
            throw new IOException("PostgreSQL " + named.group(1) + " in " + bin + " is not supported: expected "
                    + OLDEST + " to " + NEWEST + ". Name another installation.");
        }
        EnumSet<Tool> tools = EnumSet.noneOf(Tool.class);
        for (Tool tool : Tool.values()) {
            if (Files.isExecutable(bin.resolve(tool.program()))) {
                tools.add(tool);
            }
        }
        return new PostgresInstallation(bin.toAbsolutePath(), major, named.group(1), tools);
    }

    private static Optional<PostgresInstallation> newestOf(List<Path> directories) {
        List<PostgresInstallation> found = new ArrayList<>();
        for (Path directory : directories) {
            try {
                found.add(at(directory));
            } catch (IOException unusable) {
                // Not named by anybody: the next one may do, and the embedded one is left.
                continue;
            }
        }
        return found.stream().max(Comparator.comparingInt(PostgresInstallation::major));
    }

    private static List<Path> machineDirectories() throws IOException {
        List<Path> directories = new ArrayList<>();
        if (Files.isDirectory(DEBIAN)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(DEBIAN)) {
                versions.forEach(version -> directories.add(version.resolve("bin")));
            }
        }
        String path = System.getenv("PATH");
        if (path != null) {
            for (String entry : path.split(File.pathSeparator, -1)) {
                if (!entry.isBlank() && Files.isExecutable(Path.of(entry, "postgres"))) {
                    directories.add(Path.of(entry));
                }
            }
        }
        return directories;
    }

    private static String firstLine(Path postgres) throws IOException {
        Process process = new ProcessBuilder(postgres.toString(), "--version")
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .start();
        try {
            if (!process.waitFor(VERSION_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(postgres + " --version did not answer within " + VERSION_SECONDS
                        + " s. Is it a PostgreSQL server?");
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + postgres + " for its version", interrupted);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output.lines().findFirst().orElse("");
    }
}
