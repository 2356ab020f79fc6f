package io.understudy.core.cluster;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whose confirmation a commit waits for: {@code confirmations} out of {@code members}.
 *
 * @param mode the mode this was made for
 * @param confirmations how many members must confirm; 0 in {@code async}, and 0 in another mode means that its guarantee
 *     was given up on purpose ({@link #isDegraded})
 * @param members sorted, without the primary. Fewer members than confirmations means that every commit waits.
 */
public record InSyncConfiguration(ReplicationMode mode, int confirmations, List<Member> members) {

    public InSyncConfiguration {
        members = members.stream().sorted().distinct().toList();
        if (confirmations < 0) {
            throw new IllegalArgumentException("confirmations is 0 or more, found " + confirmations);
        }
        if (confirmations == 0 && !members.isEmpty()) {
            throw new IllegalArgumentException("Nobody waits for " + members + ": confirmations is 0");
        }
        if (mode == ReplicationMode.ASYNC && confirmations > 0) {
            throw new IllegalArgumentException("async waits for nobody, found confirmations " + confirmations);
        }
    }

    /** Commits wait for nobody, as {@code async} means it. */
    public static InSyncConfiguration async() {
        return new InSyncConfiguration(ReplicationMode.ASYNC, 0, List.of());
    }

    /** Commits wait for nobody although the mode promises it: {@code on-shortage: degrade}. */
    public static InSyncConfiguration degraded(ReplicationMode mode) {
        return new InSyncConfiguration(mode, 0, List.of());
    }

    /**
     * Whom commits are to wait for when {@code members} are all that can be counted on. With fewer than {@code min-in-sync} of them every
     * commit waits, though those that there are could confirm it.
     */
    public static InSyncConfiguration of(Settings settings, Collection<Member> members) {
        int fewest = settings.minInSync();
        return switch (settings.mode()) {
            case ASYNC -> async();
            case SEMI_SYNC ->
                semiSync(
                        members.size() < fewest ? Math.max(fewest, settings.confirmations()) : settings.confirmations(),
                        members);
            case SYNC ->
                new InSyncConfiguration(ReplicationMode.SYNC, Math.max(fewest, members.size()), List.copyOf(members));
        };
    }

    /** Any {@code confirmations} of {@code members} have it on disk. */
    public static InSyncConfiguration semiSync(int confirmations, Collection<Member> members) {
        return new InSyncConfiguration(ReplicationMode.SEMI_SYNC, confirmations, List.copyOf(members));
    }

    /** All of {@code members} have applied it; with no member every commit waits. */
    public static InSyncConfiguration sync(Collection<Member> members) {
        return new InSyncConfiguration(ReplicationMode.SYNC, Math.max(1, members.size()), List.copyOf(members));
    }

    /** Whether a commit is acknowledged without any replica's confirmation. */
    public boolean waitsForNobody() {
        return confirmations == 0;
    }

    /** Whether the mode's guarantee was given up on purpose. */
    public boolean isDegraded() {
        return confirmations == 0 && mode != ReplicationMode.ASYNC;
    }

    /** Whether no commit can be acknowledged because there are too few members. */
    public boolean blocksCommits() {
        return members.size() < confirmations;
    }

    /**
     * How many members must be sealed so that no {@code confirmations} of them are left to confirm for a former primary:
     * then every acknowledged commit is also on one of the sealed. Not to be asked when nobody is waited for.
     */
    public int sealsNeeded() {
        if (waitsForNobody()) {
            throw new IllegalStateException("No number of seals covers commits that waited for nobody");
        }
        return Math.max(0, members.size() - confirmations + 1);
    }

    public boolean contains(NodeId node) {
        return members.stream().anyMatch(member -> member.node().equals(node));
    }

    @Override
    public String toString() {
        if (waitsForNobody()) {
            return isDegraded() ? mode + ": degraded, waits for nobody" : mode + ": waits for nobody";
        }
        return mode + ": any " + confirmations + " of "
                + members.stream().map(Member::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
