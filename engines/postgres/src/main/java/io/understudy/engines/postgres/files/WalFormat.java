package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;

/** The layout of the log of one database, from {@code access/xlog_internal.h} and {@code access/xlogrecord.h}. */
record WalFormat(int pageMagic, int blockBytes, int segmentBytes, long systemIdentifier) {

    static final int SHORT_PAGE_HEADER = 24;
    static final int LONG_PAGE_HEADER = 40;
    static final int RECORD_HEADER = 24;
    /** The checksum is the header's last field and covers the body first, then the header before it. */
    static final int RECORD_CHECKSUM_OFFSET = 20;

    static final int PAGE_CONTINUES_RECORD = 0x0001;
    static final int PAGE_LONG_HEADER = 0x0002;
    static final int PAGE_OVERWRITES_RECORD = 0x0008;
    static final int PAGE_ALL_FLAGS = 0x000F;

    static final int LAST_BUILT_IN_MANAGER = 21;
    static final int FIRST_CUSTOM_MANAGER = 128;

    static WalFormat of(ServerVersion version, ControlFile control) {
        return new WalFormat(
                version.pageMagic, control.blockBytes(), control.segmentBytes(), control.systemIdentifier());
    }

    static long align(long offset) {
        return (offset + 7) & ~7L;
    }

    long pageOf(long position) {
        return position & -blockBytes;
    }

    long segmentOf(long position) {
        return position / segmentBytes;
    }

    boolean startsSegment(long page) {
        return page % segmentBytes == 0;
    }

    /** Named as {@code XLogFileName} does: timeline, then the segment's number in two halves. */
    String segmentName(TimelineId timeline, long segment) {
        return new WalSegments(segmentBytes).name(timeline, segment);
    }

    Position endOfSegmentAfter(long position) {
        return new Position((position + segmentBytes - 1) / segmentBytes * segmentBytes);
    }
}
