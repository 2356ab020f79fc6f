package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The records of the log, one after the other, each checked as {@code XLogDecodeNextRecord} does: length, manager, link to
 * the record before, continuation on every page, checksum. Bodies are summed as they pass and not kept.
 */
final class WalRecords implements AutoCloseable {

    /** What reading at one place gave. */
    sealed interface Outcome permits Read, End {}

    /** A whole record: {@code start} behind any page header, {@code end} where the next one may begin. */
    record Read(long start, long end, int manager, int info) implements Outcome {}

    /** No valid record there. */
    record End(String reason) implements Outcome {}

    /** Internal: a page says that the record running into it was given up, and that another begins behind its header. */
    private record Overwritten(long page) {}

    static final int LOG_MANAGER = 0;
    static final int INFO_MASK = 0xF0;
    static final int SHUTDOWN_CHECKPOINT = 0x00;
    static final int SEGMENT_SWITCH = 0x40;

    private static final long NO_PREVIOUS = -1;

    private final WalFormat format;
    private final WalPages pages;
    private final ByteBuffer header =
            ByteBuffer.allocate(WalFormat.RECORD_HEADER).order(ByteOrder.nativeOrder());
    private long previous = NO_PREVIOUS;
    /** How far the record being read was followed. */
    private long cursor;

    private Optional<Overwritten> overwritten = Optional.empty();

    WalRecords(Path dataDirectory, WalFormat format, TimelineHistory history) {
        this.format = format;
        this.pages = new WalPages(dataDirectory, format, history);
    }

    WalPages pages() {
        return pages;
    }

    /** Reads the record at {@code position}: the start of a record, or of a page that begins with one. */
    Outcome read(long position) throws IOException {
        long at = position;
        while (true) {
            overwritten = Optional.empty();
            Outcome outcome = readOnce(at);
            if (overwritten.isEmpty()) {
                return outcome;
            }
            // Pages only rise, and every one was read from a file: this ends with the log at the latest.
            at = overwritten.get().page();
        }
    }

    private Outcome readOnce(long position) throws IOException {
        long page = format.pageOf(position);
        Optional<String> problem = pages.turnTo(page);
        if (problem.isPresent()) {
            return new End(problem.get());
        }
        long start = position;
        if (start == page) {
            start += pages.headerBytes();
            if ((pages.flags() & WalFormat.PAGE_CONTINUES_RECORD) != 0) {
                return new End("the page at " + new Position(page) + " continues a record, expected a new one");
            }
        }
        if (start < page + pages.headerBytes() || start % 8 != 0) {
            return new End(new Position(start) + " is not where a record can start");
        }
        if (pages.isBehindFork(start)) {
            return new End("the log of timeline " + pages.timeline() + " was left before " + new Position(start));
        }
        return readRecord(start);
    }

    private Outcome readRecord(long start) throws IOException {
        String where = "the record at " + new Position(start) + " has ";
        // Records are aligned to 8 bytes, so the length never crosses a page.
        int length =
                pages.bytes((int) (start - format.pageOf(start)), Integer.BYTES).getInt(0);
        if (length < WalFormat.RECORD_HEADER) {
            return new End(where + "length " + Integer.toUnsignedString(length) + ": nothing was written there");
        }
        cursor = start;
        header.clear();
        Optional<String> problem = consume(length, WalFormat.RECORD_HEADER, header::put);
        if (problem.isPresent()) {
            return new End(where + "no end: " + problem.get());
        }
        int manager = Byte.toUnsignedInt(header.get(17));
        int info = Byte.toUnsignedInt(header.get(16)) & INFO_MASK;
        if (manager > WalFormat.LAST_BUILT_IN_MANAGER && manager < WalFormat.FIRST_CUSTOM_MANAGER) {
            return new End(where + "resource manager " + manager + ", which does not exist");
        }
        long link = header.getLong(8);
        if (previous == NO_PREVIOUS ? link >= start : link != previous) {
            return new End(where + "a link to " + Long.toHexString(link) + ", expected " + Long.toHexString(previous)
                    + ": it is left over from an earlier use");
        }
        CRC32C checksum = new CRC32C();
        int body = length - WalFormat.RECORD_HEADER;
        problem = consume(body, body, checksum::update);
        if (problem.isPresent()) {
            return new End(where + "no end: " + problem.get());
        }
        checksum.update(header.slice(0, WalFormat.RECORD_CHECKSUM_OFFSET));
        if ((int) checksum.getValue() != header.getInt(WalFormat.RECORD_CHECKSUM_OFFSET)) {
            return new End(where + "a wrong checksum");
        }
        previous = start;
        return new Read(start, endOf(manager, info), manager, info);
    }

    private long endOf(int manager, int info) {
        long end = WalFormat.align(cursor);
        return manager == LOG_MANAGER && info == SEGMENT_SWITCH
                ? format.endOfSegmentAfter(end).value()
                : end;
    }

    private interface Sink {
        void take(ByteBuffer bytes);
    }

    /**
     * Passes the next {@code count} bytes of the record to {@code sink}, across pages.
     *
     * @param remaining of the whole record from here on, {@code count} included: what a continuing page must say
     */
    private Optional<String> consume(int remaining, int count, Sink sink) throws IOException {
        int left = count;
        while (left > 0) {
            long page = format.pageOf(cursor);
            if (cursor == page) {
                Optional<String> problem = continueOn(page, remaining - (count - left));
                if (problem.isPresent()) {
                    return problem;
                }
                cursor += pages.headerBytes();
            }
            int offset = (int) (cursor - page);
            int part = Math.min(left, format.blockBytes() - offset);
            sink.take(pages.bytes(offset, part));
            cursor += part;
            left -= part;
        }
        return Optional.empty();
    }

    private Optional<String> continueOn(long page, int expected) throws IOException {
        Optional<String> problem = pages.turnTo(page);
        if (problem.isPresent()) {
            return problem;
        }
        if ((pages.flags() & WalFormat.PAGE_OVERWRITES_RECORD) != 0) {
            overwritten = Optional.of(new Overwritten(page));
            return Optional.of("it was given up at " + new Position(page));
        }
        if ((pages.flags() & WalFormat.PAGE_CONTINUES_RECORD) == 0 || pages.remainingBytes() != expected) {
            return Optional.of(
                    "the page at " + new Position(page) + " does not continue it with " + expected + " bytes");
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        pages.close();
    }
}
