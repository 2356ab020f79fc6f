package io.understudy.engines.postgres.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Objects;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveExtractorTest {
    private static final int GROUP_READABLE_FILE = 0100640;
    private static final int OPEN_TO_ALL_FILE = 0100666;
    private static final int BLOCK_BYTES = 512;

    @TempDir
    private Path outside;

    private Path directory;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);

    @BeforeEach
    void createDirectory() throws IOException {
        directory = Files.createDirectory(outside.resolve("data"));
    }

    @Test
    void groupAccessIsKeptAndAccessForOthersIsNot() throws Exception {
        file("group", "a", GROUP_READABLE_FILE);
        file("all", "b", OPEN_TO_ALL_FILE);
        extract(archive());
        assertThat(permissions("group")).isEqualTo("rw-r-----");
        assertThat(permissions("all")).isEqualTo("rw-r-----");
    }

    @Test
    void whatTellsAServerHowToStartIsLeftOut() throws Exception {
        file("standby.signal", "", GROUP_READABLE_FILE);
        file("postmaster.pid", "1", GROUP_READABLE_FILE);
        file("last", "here", GROUP_READABLE_FILE);
        extract(archive());
        assertThat(directory).isDirectoryNotContaining("glob:**{standby.signal,postmaster.pid}");
        assertThat(directory.resolve("last")).hasContent("here");
    }

    @Test
    void namesThatLeadOutsideAreRefused() throws Exception {
        for (String name : new String[] {"../escaped", "base/../../escaped"}) {
            file(name, "x", GROUP_READABLE_FILE);
            assertThat(failure(archive()).kind()).isEqualTo(Kind.PROTOCOL);
            assertThat(outside.resolve("escaped")).doesNotExist();
            bytes.reset();
        }
    }

    @Test
    void linksAreRefused() throws Exception {
        TarArchiveEntry link = new TarArchiveEntry("pg_wal", TarConstants.LF_SYMLINK);
        link.setLinkName("/etc");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
        assertThat(failure(archive())).hasMessageContaining("'pg_wal' is neither a file nor a directory");
    }

    @Test
    void aNameThatComesTwiceIsRefused() throws Exception {
        file("same", "1", GROUP_READABLE_FILE);
        file("same", "2", GROUP_READABLE_FILE);
        byte[] archive = archive();
        assertThat(catchThrowableOfType(IOException.class, () -> extract(archive)))
                .isNotNull();
        assertThat(directory.resolve("same")).hasContent("1");
    }

    @Test
    void anArchiveThatEndsWithinAFileIsRefused() throws Exception {
        file("cut", "x".repeat(10 * BLOCK_BYTES), GROUP_READABLE_FILE);
        byte[] archive = archive();
        ReplicationException failure = failure(Arrays.copyOf(archive, 3 * BLOCK_BYTES));
        assertThat(failure.kind()).isEqualTo(Kind.PROTOCOL);
    }

    @Test
    void anArchiveWithoutItsLastBlocksIsComplete() throws Exception {
        file("whole", "x", GROUP_READABLE_FILE);
        extract(Arrays.copyOf(archive(), 2 * BLOCK_BYTES));
        assertThat(directory.resolve("whole")).hasContent("x");
    }

    private void file(String name, String content, int mode) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(content.length());
        entry.setMode(mode);
        tar.putArchiveEntry(entry);
        tar.write(content.getBytes(StandardCharsets.US_ASCII));
        tar.closeArchiveEntry();
    }

    private byte[] archive() throws IOException {
        tar.flush();
        byte[] entries = bytes.toByteArray();
        return Arrays.copyOf(entries, entries.length + 2 * BLOCK_BYTES);
    }

    private void extract(byte[] archive) throws IOException {
        new ArchiveExtractor(directory, FileOwner.PROCESS).extract(new ByteArrayInputStream(archive));
    }

    private ReplicationException failure(byte[] archive) {
        return Objects.requireNonNull(
                catchThrowableOfType(ReplicationException.class, () -> extract(archive)), "the archive was accepted");
    }

    private String permissions(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name)));
    }
}
