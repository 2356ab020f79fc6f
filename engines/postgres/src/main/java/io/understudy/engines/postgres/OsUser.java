package io.understudy.engines.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whom the server runs as: PostgreSQL refuses to run as root.
 *
 * @param switched whether that is another user than this process runs as
 */
record OsUser(String name, int uid, int gid, boolean switched) {

    private static final Path PASSWD = Path.of("/etc/passwd");

    /**
     * Root runs it as the configured user, else as {@code postgres}, else as {@code nobody}; anybody else as themselves.
     */
    static OsUser resolve(@Nullable String configured) throws IOException {
        int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (self != 0) {
            OsUser me = byUid(self).orElse(new OsUser(Integer.toString(self), self, self, false));
            if (configured != null && !configured.equals(me.name)) {
                throw new IOException("The server cannot run as '" + configured + "': this process runs as '" + me.name
                        + "' and only root may choose. Name no user, or run as root.");
            }
            return me;
        }
        if (configured != null) {
            return byName(configured)
                    .orElseThrow(() -> new IOException("There is no user '" + configured
                            + "' to run the server as: expected one of /etc/passwd. Create it, or name another."));
        }
        Optional<OsUser> postgres = byName("postgres");
        return postgres.isPresent()
                ? postgres.get()
                : byName("nobody")
                        .orElseThrow(
                                () -> new IOException("PostgreSQL refuses to run as root, and there is neither a user"
                                        + " 'postgres' nor 'nobody' to run it as. Create one, or name one."));
    }

    /** {@code command}, run as this user. */
    List<String> running(List<String> command) {
        if (!switched) {
            return command;
        }
        List<String> whole = new ArrayList<>(
                List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--reset-env", "--"));
        whole.addAll(command);
        return whole;
    }

    /** Gives {@code file} to this user. */
    void own(Path file) throws IOException {
        if (switched) {
            Files.setAttribute(file, "unix:uid", uid);
            Files.setAttribute(file, "unix:gid", gid);
        }
    }

    /** The first directory on the way to {@code path} that this user may not enter. */
    Optional<Path> closedOn(Path path) throws IOException {
        if (!switched) {
            return Optional.empty();
        }
        for (Path at = path.toAbsolutePath().getParent(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at)) {
                int owner = (Integer) Files.getAttribute(at, "unix:uid");
                int group = (Integer) Files.getAttribute(at, "unix:gid");
                PosixFilePermission needed = owner == uid
                        ? PosixFilePermission.OWNER_EXECUTE
                        : group == gid ? PosixFilePermission.GROUP_EXECUTE : PosixFilePermission.OTHERS_EXECUTE;
                if (!Files.getPosixFilePermissions(at).contains(needed)) {
                    return Optional.of(at);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<OsUser> byName(String name) throws IOException {
        return passwd(0, name, true);
    }

    private static Optional<OsUser> byUid(int uid) throws IOException {
        return passwd(2, Integer.toString(uid), false);
    }

    private static Optional<OsUser> passwd(int field, String value, boolean switched) throws IOException {
        return Files.readAllLines(PASSWD).stream()
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length > 3 && fields[field].equals(value))
                .map(fields ->
                        new OsUser(fields[0], Integer.parseInt(fields[2]), Integer.parseInt(fields[3]), switched))
                .findFirst();
    }
}
