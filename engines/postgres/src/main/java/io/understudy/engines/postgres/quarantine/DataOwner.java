package io.understudy.engines.postgres.quarantine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;

/** To whom a data directory belongs, which is whom its server runs as: folders around it must be passable for that user. */
record DataOwner(UserPrincipal user, GroupPrincipal group) {

    private static final String PASSABLE = "rwx--x--x";

    static DataOwner of(Path data) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(data, PosixFileAttributes.class);
        return new DataOwner(attributes.owner(), attributes.group());
    }

    void createFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Files.createDirectories(folder);
        PosixFileAttributeView view = Files.getFileAttributeView(folder, PosixFileAttributeView.class);
        view.setPermissions(PosixFilePermissions.fromString(PASSABLE));
        if (!view.readAttributes().owner().equals(user)) {
            view.setOwner(user);
            view.setGroup(group);
        }
    }
}
