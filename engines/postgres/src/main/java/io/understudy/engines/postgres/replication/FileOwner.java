package io.understudy.engines.postgres.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import org.jspecify.annotations.Nullable;

/** Who is to own the files of a clone. Anybody but the process itself needs the process to be root. */
public final class FileOwner {
    /** Whoever this process runs as. */
    public static final FileOwner PROCESS = new FileOwner(null, null);

    private final @Nullable UserPrincipal user;
    private final @Nullable GroupPrincipal group;

    private FileOwner(@Nullable UserPrincipal user, @Nullable GroupPrincipal group) {
        this.user = user;
        this.group = group;
    }

    /** This user and this group. */
    public static FileOwner of(UserPrincipal user, GroupPrincipal group) {
        return new FileOwner(user, group);
    }

    /** The user and group that own an existing file or directory. */
    public static FileOwner like(Path existing) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(existing, PosixFileAttributes.class);
        return new FileOwner(attributes.owner(), attributes.group());
    }

    void apply(Path path) throws IOException {
        if (user == null || group == null) {
            return;
        }
        PosixFileAttributeView view =
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        view.setGroup(group);
        view.setOwner(user);
    }
}
