package io.understudy.engines.postgres.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The major versions whose files are understood. Sources: {@code catalog/pg_control.h} and {@code access/xlog_internal.h}
 * of each release branch.
 */
enum ServerVersion {
    V14("14", 1300, 0xD10D, 288),
    V15("15", 1300, 0xD110, 288),
    V16("16", 1300, 0xD113, 288),
    V17("17", 1700, 0xD116, 288),
    V18("18", 1800, 0xD118, 292);

    final String major;
    final int controlVersion;
    final int pageMagic;
    /** Where the checksum of the control file lies: behind everything it covers. */
    final int controlChecksumOffset;

    ServerVersion(String major, int controlVersion, int pageMagic, int controlChecksumOffset) {
        this.major = major;
        this.controlVersion = controlVersion;
        this.pageMagic = pageMagic;
        this.controlChecksumOffset = controlChecksumOffset;
    }

    static ServerVersion of(Path dataDirectory) throws IOException {
        Path file = dataDirectory.resolve("PG_VERSION");
        if (!Files.isRegularFile(file)) {
            throw new DataDirectoryException(
                    dataDirectory + " has no file PG_VERSION, so it is no PostgreSQL data directory;"
                            + " give the directory that initdb or a clone filled");
        }
        String found = Files.readString(file).strip();
        for (ServerVersion version : values()) {
            if (version.major.equals(found)) {
                return version;
            }
        }
        throw new DataDirectoryException(file + " says version " + found + ", expected one of "
                + Arrays.stream(values()).map(v -> v.major).collect(Collectors.joining(", "))
                + "; upgrade the data with pg_upgrade or use a newer Understudy");
    }
}
