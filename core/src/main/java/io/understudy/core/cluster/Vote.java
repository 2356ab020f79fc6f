package io.understudy.core.cluster;

/**
 * A sealed member's word: it will not confirm anything for an epoch before {@code promised}, and this is all it has.
 *
 * @param lastEpoch the epoch that wrote its last log record
 * @param position the end of valid log on its disk
 */
public record Vote(Member member, Epoch promised, Epoch lastEpoch, Position position) {

    /** Whether it has more of the log than {@code other}: by epoch, then position. */
    public boolean isAheadOf(Vote other) {
        int byEpoch = lastEpoch.compareTo(other.lastEpoch);
        return byEpoch != 0 ? byEpoch > 0 : position.isAfter(other.position);
    }
}
