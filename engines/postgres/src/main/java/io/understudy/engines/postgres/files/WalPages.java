package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.engines.postgres.files.TimelineHistory.Branch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The pages of the log, one at a time, each checked as {@code XLogReaderValidatePageHeader} does. Of several files for one
 * segment the newest timeline's counts, as for the server; an older timeline's file counts only up to the fork. Holds one
 * page in memory.
 */
final class WalPages implements AutoCloseable {

    private static final int CHUNK_BYTES = 1 << 18;

    private final Path directory;
    private final WalFormat format;
    private final TimelineHistory history;
    /** Several pages read at once; a page is a window of it. */
    private final ByteBuffer chunk;

    private Optional<FileChannel> file = Optional.empty();
    private Optional<Branch> branch = Optional.empty();
    private long segment = -1;
    private long chunkStart = -1;
    private long page = -1;
    private int newestPageTimeline;

    WalPages(Path dataDirectory, WalFormat format, TimelineHistory history) {
        this.directory = dataDirectory.resolve("pg_wal");
        this.format = format;
        this.history = history;
        this.chunk =
                ByteBuffer.allocate(Math.max(CHUNK_BYTES, format.blockBytes())).order(ByteOrder.nativeOrder());
    }

    /**
     * Makes the page at {@code start} the current one.
     *
     * @return why it is not part of the log, or empty when it is
     */
    Optional<String> turnTo(long start) throws IOException {
        if (start == page) {
            return Optional.empty();
        }
        page = -1;
        Optional<String> missing = load(start);
        if (missing.isEmpty()) {
            missing = problemOf(start);
        }
        if (missing.isEmpty()) {
            page = start;
        }
        return missing;
    }

    private Optional<String> load(long start) throws IOException {
        long wanted = format.segmentOf(start);
        if (wanted != segment && !openSegment(wanted)) {
            return Optional.of("there is no file for segment " + format.segmentName(history.timeline(), wanted));
        }
        if (chunkStart < 0 || start < chunkStart || start + format.blockBytes() > chunkStart + chunk.limit()) {
            fill(start);
        }
        boolean complete = start + format.blockBytes() <= chunkStart + chunk.limit();
        return complete ? Optional.empty() : Optional.of("the file ends before " + new Position(start));
    }

    private void fill(long start) throws IOException {
        chunk.clear();
        chunkStart = start;
        long offset = start % format.segmentBytes();
        FileChannel channel = file.orElseThrow();
        while (chunk.hasRemaining()) {
            int read = channel.read(chunk, offset + chunk.position());
            if (read < 0) {
                break;
            }
        }
        chunk.flip();
    }

    private boolean openSegment(long wanted) throws IOException {
        closeFile();
        for (Branch candidate : history.newestFirst()) {
            boolean tooNew = wanted < format.segmentOf(candidate.begin().value());
            boolean tooOld = candidate.timeline().number() < newestPageTimeline;
            Path path = directory.resolve(format.segmentName(candidate.timeline(), wanted));
            if (!tooNew && !tooOld && Files.isRegularFile(path)) {
                file = Optional.of(FileChannel.open(path, StandardOpenOption.READ));
                branch = Optional.of(candidate);
                segment = wanted;
                return true;
            }
        }
        return false;
    }

    private Optional<String> problemOf(long start) {
        int base = (int) (start - chunkStart);
        int magic = Short.toUnsignedInt(chunk.getShort(base));
        int flags = Short.toUnsignedInt(chunk.getShort(base + 2));
        int timeline = chunk.getInt(base + 4);
        long address = chunk.getLong(base + 8);
        boolean longHeader = (flags & WalFormat.PAGE_LONG_HEADER) != 0;
        String where = "the page at " + new Position(start) + " has ";
        if (magic != format.pageMagic()) {
            return Optional.of(where + "magic number %04X, expected %04X".formatted(magic, format.pageMagic()));
        }
        if ((flags & ~WalFormat.PAGE_ALL_FLAGS) != 0 || longHeader != format.startsSegment(start)) {
            return Optional.of(where + "flags %04X".formatted(flags));
        }
        if (longHeader && !longHeaderFits(base)) {
            return Optional.of(where + "another database's identifier or sizes");
        }
        if (address != start) {
            return Optional.of(where + "the address " + Long.toHexString(address) + ": it was used before");
        }
        if (timeline < newestPageTimeline || timeline < 1 || !history.includes(new TimelineId(timeline))) {
            return Optional.of(where + "timeline " + timeline + ", which does not lead to " + history.timeline());
        }
        newestPageTimeline = timeline;
        return Optional.empty();
    }

    private boolean longHeaderFits(int base) {
        return chunk.getLong(base + 24) == format.systemIdentifier()
                && chunk.getInt(base + 32) == format.segmentBytes()
                && chunk.getInt(base + 36) == format.blockBytes();
    }

    /** Whether {@code position} lies behind the fork at which the current file's timeline was left. */
    boolean isBehindFork(long position) {
        return branch.flatMap(Branch::end).map(end -> position >= end.value()).orElse(false);
    }

    int flags() {
        return Short.toUnsignedInt(chunk.getShort(base() + 2));
    }

    /** Bytes of the record begun earlier that are still to come, on this page and later ones. */
    int remainingBytes() {
        return chunk.getInt(base() + 16);
    }

    int headerBytes() {
        return (flags() & WalFormat.PAGE_LONG_HEADER) != 0 ? WalFormat.LONG_PAGE_HEADER : WalFormat.SHORT_PAGE_HEADER;
    }

    TimelineId timeline() {
        return new TimelineId(newestPageTimeline);
    }

    /** A window on the current page, valid until the next {@link #turnTo}. */
    ByteBuffer bytes(int offset, int length) {
        return chunk.slice(base() + offset, length).order(ByteOrder.nativeOrder());
    }

    private int base() {
        return (int) (page - chunkStart);
    }

    private void closeFile() throws IOException {
        segment = -1;
        chunkStart = -1;
        branch = Optional.empty();
        if (file.isPresent()) {
            FileChannel open = file.get();
            file = Optional.empty();
            open.close();
        }
    }

    @Override
    public void close() throws IOException {
        closeFile();
    }
}
