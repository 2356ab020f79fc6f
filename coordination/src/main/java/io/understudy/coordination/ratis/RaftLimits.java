package io.understudy.coordination.ratis;

/**
 * The bounds of a node, in bytes unless said otherwise.
 *
 * @param proposalBytes largest proposal or query
 * @param answerBytes largest answer
 * @param snapshotEntries log entries applied between two snapshots; older segments of the log are then deleted
 * @param segmentBytes size at which a log segment is closed; only closed segments can be deleted
 */
public record RaftLimits(int proposalBytes, int answerBytes, long snapshotEntries, int segmentBytes) {
    /** Room for Ratis' own fields around a proposal in a log entry. */
    static final int ENTRY_OVERHEAD_BYTES = 4 * 1024;

    private static final int LARGEST_PROPOSAL_BYTES = 512 * 1024;
    private static final int LARGEST_ANSWER_BYTES = 2 * 1024 * 1024;

    public RaftLimits {
        within("proposalBytes", proposalBytes, 1, LARGEST_PROPOSAL_BYTES);
        within("answerBytes", answerBytes, 1, LARGEST_ANSWER_BYTES);
        within("snapshotEntries", snapshotEntries, 1, Long.MAX_VALUE);
        within("segmentBytes", segmentBytes, 8 * 1024, 64 * 1024 * 1024);
    }

    /** Proposals to 256 KiB, answers to 1 MiB, a snapshot every 2,000 entries, segments of 1 MiB. */
    public static RaftLimits standard() {
        return new RaftLimits(256 * 1024, 1024 * 1024, 2_000, 1024 * 1024);
    }

    private static void within(String name, long found, long lowest, long highest) {
        if (found < lowest || found > highest) {
            throw new IllegalArgumentException(
                    "Raft limit " + name + " is " + found + ", expected " + lowest + " to " + highest);
        }
    }
}
