package io.understudy.engines.postgres;

import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.NodeId;
import io.understudy.engines.postgres.ServerParameters.LiveSettings;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What every step works with: the settings, what was found on the machine, the files, the processes, and the one session
 * kept open. Owned by the engine's thread.
 */
final class Node implements AutoCloseable {

    private static final int NONCE_BYTES = 12;
    private static final SecureRandom RANDOM = new SecureRandom();

    final PostgresSettings settings;
    final PostgresInstallation installation;
    final OsUser user;
    final Roles roles;
    final PasswordFile passwords;
    final ManagedFiles files;
    final NodeFiles state;
    final Journal journal;
    final GuardedServer guard;
    final Sessions sessions;
    final ServerLink link;
    final ServerLog log;

    /** What the running server was told last; what it would be told at a start is derived, never this. */
    LiveSettings live = LiveSettings.SEALED;

    /** Whether the running server was told to stop. */
    boolean stopping;

    private Node(PostgresSettings settings, PostgresInstallation installation, GuardedServer guard) throws IOException {
        this.settings = settings;
        this.installation = installation;
        this.guard = guard;
        this.user = OsUser.resolve(settings.osUser());
        this.roles = Roles.fromSecret(settings.clusterSecret());
        this.passwords = new PasswordFile(settings, user, roles);
        this.files = new ManagedFiles(settings, installation.major());
        makePrivate(settings.stateDirectory());
        this.state = NodeFiles.open(settings.stateDirectory());
        this.journal = new Journal(settings.stateDirectory());
        this.sessions = new Sessions(settings.endpoint(), roles);
        this.link = new ServerLink(sessions);
        this.log = new ServerLog(settings.stateDirectory().resolve("server.log"));
    }

    static Node open(PostgresSettings settings, GuardedServer guard) throws IOException {
        return new Node(settings, PostgresInstallation.find(settings.source()), guard);
    }

    NodeId self() {
        return settings.node();
    }

    Path data() {
        return settings.dataDirectory();
    }

    /** A new life of the data. */
    static Incarnation newIncarnation() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return new Incarnation(HexFormat.of().formatHex(nonce));
    }

    private static void makePrivate(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    @Override
    public void close() {
        link.close();
        guard.close();
    }
}
