package io.understudy.core.cluster;

import java.util.List;

/**
 * A sealed member's word: it will not confirm anything for an epoch before {@code promised}, and this is all it has.
 *
 * @param lastEpoch the epoch that wrote its last log record
 * @param position the end of valid log on its disk
 */
public record Vote(Member member, Epoch promised, Epoch lastEpoch, Position position) {

    /**
     * What of it is part of the cluster's log: a later epoch that began before its end was granted because nothing behind that beginning had
     * been acknowledged. What its member has beyond is a tail that nobody was promised.
     */
    public Vote within(List<TimelineStart> lineage) {
        return lineage.stream()
                .filter(later -> lastEpoch.isBefore(later.epoch()) && position.isAfter(later.start()))
                .map(TimelineStart::start)
                .min(Position::compareTo)
                .map(end -> new Vote(member, promised, lastEpoch, end))
                .orElse(this);
    }

    /** Whether it has more of the log than {@code other}: by epoch, then position. */
    public boolean isAheadOf(Vote other) {
        int byEpoch = lastEpoch.compareTo(other.lastEpoch);
        return byEpoch != 0 ? byEpoch > 0 : position.isAfter(other.position);
    }
}
