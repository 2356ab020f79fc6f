package io.understudy.engines.postgres;

import io.understudy.engines.postgres.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * What the server, and programs run as its user, read this node's passwords from. A connection string names this file and
 * never a password, because PostgreSQL writes a changed {@code primary_conninfo} into its log and arguments are everybody's
 * to see. Lies beside the data directory and not in it, so that no copy of the data holds a password.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-pgpass.html">The password file</a>
 */
final class PasswordFile {

    private static final String SUFFIX = ".pgpass";
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rw-------");

    private final Path file;
    private final OsUser user;
    private final String contents;

    PasswordFile(PostgresSettings settings, OsUser user, Roles roles) {
        Path data = settings.dataDirectory();
        this.file = data.resolveSibling(data.getFileName() + SUFFIX);
        this.user = user;
        // Every member's server knows these logins by the same password, so a change of primary changes nothing here.
        String member = Roles.loginOf(settings.node());
        this.contents = line("replication", member, roles) + line("postgres", Roles.REWIND, roles);
    }

    Path file() {
        return file;
    }

    /** Makes sure that it is there, whole, on disk, and readable by the server's user alone. */
    void ensure() throws IOException {
        if (!isRight()) {
            DurableFiles.write(file, contents, user::own);
        }
    }

    private boolean isRight() throws IOException {
        return Files.isRegularFile(file)
                && Files.getPosixFilePermissions(file).equals(PRIVATE)
                && (!user.switched() || Files.getAttribute(file, "unix:uid").equals(user.uid()))
                && Files.readString(file).equals(contents);
    }

    private static String line(String database, String login, Roles roles) {
        return "*:*:" + database + ":" + login + ":" + roles.passwordOf(login) + "\n";
    }
}
