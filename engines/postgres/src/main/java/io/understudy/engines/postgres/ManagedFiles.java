package io.understudy.engines.postgres;

import io.understudy.core.cluster.Incarnation;
import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import io.understudy.engines.postgres.ServerParameters.Upstream;
import io.understudy.engines.postgres.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The files inside the data directory that Understudy writes. All are replaced whole and synced. */
final class ManagedFiles {

    /** Names the life of the data; a data directory without it was not made by Understudy. */
    static final String INCARNATION = "understudy.incarnation";

    /** Names the cluster the data belongs to. */
    static final String CLUSTER = "understudy.cluster";

    private static final String INCLUDE = "understudy.conf";
    private static final String INCLUDE_LINE = "include_if_exists 'understudy.conf'";
    private static final String AUTO_CONF = "postgresql.auto.conf";
    private static final String STANDBY = "standby.signal";
    private static final String MOVED = "moved-out-of-postgresql.auto.conf";
    private static final String HBA_BEGIN = "# understudy: begin; edits up to its end are lost";
    private static final String HBA_END = "# understudy: end";
    private static final Pattern ASSIGNMENT = Pattern.compile("\\s*([A-Za-z_][A-Za-z0-9_.]*)\\s*(=|\\s).*");
    private static final long LARGEST_MOVED_BYTES = 1 << 20;

    private final PostgresSettings settings;
    private final int major;
    private String autoConfSeen = "";

    ManagedFiles(PostgresSettings settings, int major) {
        this.settings = settings;
        this.major = major;
    }

    /** Everything that must hold before a server of {@code data} may be started: it follows nobody unless {@code live} says so. */
    void prepareStart(Path data, LiveSettings live) throws IOException {
        writeSettings(data, live);
        moveOutOfAutoConf(data);
        writeAccess(data);
        DurableFiles.write(data.resolve(STANDBY), "");
        Files.deleteIfExists(data.resolve("recovery.signal"));
    }

    /** Writes the include file, and that it is included. */
    void writeSettings(Path data, LiveSettings live) throws IOException {
        writeLive(data, live);
        includeLast(data);
    }

    /** Writes the include file. */
    void writeLive(Path data, LiveSettings live) throws IOException {
        DurableFiles.write(data.resolve(INCLUDE), ServerParameters.render(settings, major, live));
    }

    /** Whom a running server of {@code data} was told to follow, as far as the include file says. */
    Upstream upstream(Path data) throws IOException {
        Path file = data.resolve(INCLUDE);
        return Files.exists(file) ? ServerParameters.upstreamIn(Files.readAllLines(file)) : Upstream.NOBODY;
    }

    /** Makes the next start one as a replica; a running server does not look at it. */
    void restAsReplica(Path data) throws IOException {
        DurableFiles.write(data.resolve(STANDBY), "");
    }

    /**
     * Takes our settings out of what ALTER SYSTEM wrote, which beats every other file; keeps them where they can be read.
     *
     * @return whether there were any
     */
    boolean moveOutOfAutoConf(Path data) throws IOException {
        Path file = data.resolve(AUTO_CONF);
        if (!Files.exists(file)) {
            return false;
        }
        List<String> kept = new ArrayList<>();
        List<String> moved = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            (assigns(line) ? moved : kept).add(line);
        }
        if (moved.isEmpty()) {
            return false;
        }
        keepMoved(moved);
        DurableFiles.write(file, lines(kept));
        return true;
    }

    /** Whether somebody wrote what ALTER SYSTEM writes since this was asked last; true for the first question. */
    boolean autoConfChanged(Path data) throws IOException {
        Path file = data.resolve(AUTO_CONF);
        String before = autoConfSeen;
        if (Files.exists(file)) {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            autoConfSeen = found.fileKey() + " " + found.lastModifiedTime() + " " + found.size();
        } else {
            autoConfSeen = "none";
        }
        return !before.equals(autoConfSeen);
    }

    Optional<Incarnation> incarnation(Path data) throws IOException {
        Path file = data.resolve(INCARNATION);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String nonce = Files.readString(file).strip();
        return nonce.isEmpty() ? Optional.empty() : Optional.of(new Incarnation(nonce));
    }

    void writeIncarnation(Path data, Incarnation incarnation) throws IOException {
        DurableFiles.write(data.resolve(INCARNATION), incarnation.nonce() + "\n");
    }

    Optional<String> cluster(Path data) throws IOException {
        Path file = data.resolve(CLUSTER);
        return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
    }

    void writeCluster(Path data, String identity) throws IOException {
        DurableFiles.write(data.resolve(CLUSTER), identity + "\n");
    }

    /** Replaces what initdb wrote about access: users log in with SCRAM, over TCP. */
    void writeInitialAccess(Path data) throws IOException {
        DurableFiles.write(
                data.resolve("pg_hba.conf"),
                managedAccess() + "# type database user address method\nhost all all all scram-sha-256\n");
    }

    /** Brings the managed lines about access up to date; returns whether they were not. A running server is not told. */
    boolean writeAccess(Path data) throws IOException {
        Path file = data.resolve("pg_hba.conf");
        String found = Files.exists(file) ? Files.readString(file) : "";
        int begin = found.indexOf(HBA_BEGIN);
        int end = found.indexOf(HBA_END);
        String theirs = begin >= 0 && end > begin
                ? found.substring(0, begin)
                        + found.substring(end + HBA_END.length()).stripLeading()
                : found;
        String whole = managedAccess() + theirs;
        if (whole.equals(found)) {
            return false;
        }
        DurableFiles.write(file, whole);
        return true;
    }

    private String managedAccess() {
        String members = settings.members().stream()
                .map(node -> '"' + Roles.loginOf(node) + '"')
                .collect(Collectors.joining(","));
        String supervisor = '"' + Roles.SUPERVISOR + '"';
        String clone = '"' + Roles.CLONE + '"';
        String rewind = '"' + Roles.REWIND + '"';
        String router = '"' + Roles.ROUTER + '"';
        String all = String.join(",", supervisor, members, clone, rewind, router);
        return HBA_BEGIN + "\n"
                + "host all " + supervisor + " samehost scram-sha-256\n"
                + "host replication " + members + "," + clone + " all scram-sha-256\n"
                + "host postgres " + rewind + "," + router + " all scram-sha-256\n"
                + "local all,replication " + all + " reject\n"
                + "host all,replication " + all + " all reject\n"
                + HBA_END + "\n";
    }

    private static void includeLast(Path data) throws IOException {
        Path file = data.resolve("postgresql.conf");
        List<String> found = Files.readAllLines(file);
        List<String> theirs = found.stream()
                .filter(line -> !line.strip().equals(INCLUDE_LINE))
                .collect(Collectors.toList());
        theirs.add(INCLUDE_LINE);
        if (!theirs.equals(found)) {
            DurableFiles.write(file, lines(theirs));
        }
    }

    private void keepMoved(List<String> moved) throws IOException {
        Path keeper = settings.stateDirectory().resolve(MOVED);
        String before =
                Files.exists(keeper) && Files.size(keeper) < LARGEST_MOVED_BYTES ? Files.readString(keeper) : "";
        DurableFiles.write(keeper, before + lines(moved));
    }

    private static boolean assigns(String line) {
        Matcher assignment = ASSIGNMENT.matcher(line);
        return assignment.matches()
                && ServerParameters.isOurs(assignment.group(1).toLowerCase(Locale.ROOT));
    }

    private static String lines(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }
}
