package io.understudy.engines.postgres;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.WalSegments;
import io.understudy.engines.postgres.quarantine.KeptCopy;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts all the log into rewound data that it needs to become consistent. {@code pg_rewind} copies what the primary has at
 * that moment, asks where its log ends only afterwards, and relies on streaming for the rest; but a server here is started
 * sealed first, so that the end of its log is known before it follows anybody.
 */
final class RewoundLog {

    private static final Pattern BEGINNING = Pattern.compile("START WAL LOCATION: ([0-9A-F]+)/([0-9A-F]+) ");

    private final RewindSource source;
    private final KeptCopy kept;
    private final OsUser user;

    RewoundLog(RewindSource source, KeptCopy kept, OsUser user) {
        this.source = source;
        this.kept = kept;
        this.user = user;
    }

    /**
     * Completes the log.
     *
     * @param copied where the primary's log was before {@code pg_rewind} began to copy
     * @return what is missing, empty when nothing is
     */
    Optional<String> complete(Path rewound, TimelineId timeline, Position copied) throws IOException, SQLException {
        ControlFile control = ControlFile.read(rewound);
        Position needed = control.minRecoveryPoint()
                .map(ControlFile.RecoveryPoint::position)
                .orElse(Position.START);
        Position end = source.written();
        if (source.timeline() != timeline.number() || needed.isAfter(end)) {
            return Optional.of("the primary is on timeline " + source.timeline() + " at " + end + ", expected "
                    + timeline + " past " + needed);
        }
        WalSegments segments = WalSegments.of(control);
        Path log = rewound.resolve("pg_wal");
        for (long segment = segments.of(copied); segment <= segments.before(end); segment++) {
            Path file = log.resolve(segments.name(timeline, segment));
            try (OutputStream to = Files.newOutputStream(file)) {
                source.copyLog(segments.name(timeline, segment), segments.bytes(), to);
            }
            own(file);
        }
        for (String name : segments.needed(rewound, timeline, beginning(rewound), end)) {
            Path old = kept.data().resolve("pg_wal").resolve(name);
            if (!Files.exists(log.resolve(name)) && Files.exists(old)) {
                // From before the fork: the primary recycled it, and pg_rewind removes what the primary has not.
                Files.copy(old, log.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
                own(log.resolve(name));
            }
            if (!Files.exists(log.resolve(name))) {
                return Optional.of("the log's file " + name + " is kept neither here nor on the primary");
            }
        }
        return Optional.empty();
    }

    private void own(Path file) throws IOException {
        user.own(file);
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    }

    private static Position beginning(Path rewound) throws IOException {
        String label = Files.readString(rewound.resolve("backup_label"));
        Matcher found = BEGINNING.matcher(label);
        if (!found.find()) {
            throw new IOException(rewound.resolve("backup_label") + " does not say where recovery begins: found '"
                    + label.strip() + "', expected START WAL LOCATION. The node is copied anew.");
        }
        return new Position(Long.parseLong(found.group(1), 16) << 32 | Long.parseLong(found.group(2), 16));
    }
}
