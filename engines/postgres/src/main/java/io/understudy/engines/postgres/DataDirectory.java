package io.understudy.engines.postgres;

import io.understudy.core.cluster.Incarnation;
import io.understudy.core.reconciler.LocalObservation.Data;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What lies in the data directory, by looking and never by touching. */
final class DataDirectory {

    private static final String VERSION_FILE = "PG_VERSION";

    private final Node node;

    DataDirectory(Node node) {
        this.node = node;
    }

    Data look() {
        Path data = node.data();
        try {
            boolean versioned = Files.exists(data.resolve(VERSION_FILE));
            if (!versioned && isEmpty(data)) {
                return new Data.Empty();
            }
            Optional<String> problem = versioned ? problem(data) : Optional.of(holdsNoDatabase(data));
            if (problem.isPresent()) {
                return new Data.Foreign(problem.get());
            }
            Optional<Incarnation> incarnation = node.files.incarnation(data);
            return incarnation.isPresent()
                    ? new Data.Ours(incarnation.get())
                    : new Data.Foreign("The data directory " + data
                            + " holds a database that Understudy did not make: found no " + ManagedFiles.INCARNATION
                            + ". It is left alone; name another directory, or move it away.");
        } catch (IOException unreadable) {
            return new Data.Foreign("The data directory " + data + " cannot be read: " + unreadable.getMessage()
                    + ". Check the disk and the directory's owner.");
        }
    }

    private Optional<String> problem(Path data) throws IOException {
        String version = Files.readString(data.resolve(VERSION_FILE)).strip();
        if (!version.equals(Integer.toString(node.installation.major()))) {
            return Optional.of("The data in " + data + " was made by PostgreSQL " + version + ", the binaries in "
                    + node.installation.bin() + " are " + node.installation.version()
                    + ". Expected the same major version: name an installation of PostgreSQL " + version + ".");
        }
        String expected = node.roles.clusterIdentity();
        Optional<String> found = node.files.cluster(data);
        return found.filter(identity -> !identity.equals(expected))
                .map(identity -> "The data in " + data + " belongs to cluster " + identity + ", expected " + expected
                        + " as the secret in " + node.settings.clusterSecret()
                        + " says. Name this cluster's directory, or the other cluster's secret.");
    }

    private static String holdsNoDatabase(Path data) {
        return "The data directory " + data + " is not empty and holds no database: found no " + VERSION_FILE
                + ". It is left alone; name another directory, or move its content away.";
    }

    private static boolean isEmpty(Path data) throws IOException {
        if (!Files.exists(data)) {
            return true;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(data)) {
            return !content.iterator().hasNext();
        }
    }
}
