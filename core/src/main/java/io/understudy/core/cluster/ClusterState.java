package io.understudy.core.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Everything the ledger holds. Changed only by applying commands.
 *
 * @param name the cluster's
 * @param version rises by one with every accepted proposal
 * @param nodes who belongs to the cluster, sorted
 * @param members what is known of those that reported
 * @param initialiser who makes the first database; empty until chosen
 * @param tenure the current or last one; empty before the first primary
 * @param inSync whose confirmation may count
 * @param votes for the epoch after a revoked tenure
 * @param lineage of the cluster's log, oldest first; the last timeline id in it is the last one allocated
 * @param switchover asked for and not finished
 * @param history the last changes of primary, newest last, at most {@link #MAX_HISTORY}
 * @param notices the last notices, newest last, at most {@link #MAX_NOTICES}
 */
public record ClusterState(
        String name,
        long version,
        Settings settings,
        List<NodeId> nodes,
        Map<NodeId, MemberRecord> members,
        Optional<NodeId> initialiser,
        Optional<Tenure> tenure,
        InSync inSync,
        Map<NodeId, Vote> votes,
        List<TimelineStart> lineage,
        Optional<SwitchoverRequest> switchover,
        List<PrimaryChange> history,
        List<Notice> notices) {

    public static final int MAX_HISTORY = 200;
    public static final int MAX_NOTICES = 50;

    public ClusterState {
        nodes = nodes.stream().sorted().distinct().toList();
        members = Map.copyOf(members);
        votes = Map.copyOf(votes);
        lineage = List.copyOf(lineage);
        history = newest(history, MAX_HISTORY);
        notices = newest(notices, MAX_NOTICES);
    }

    /** A cluster that has no database yet. */
    public static ClusterState forming(String name, Settings settings, Collection<NodeId> nodes) {
        return new ClusterState(
                name,
                0,
                settings,
                List.copyOf(nodes),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                InSync.NOTHING_YET,
                Map.of(),
                List.of(TimelineStart.GENESIS),
                Optional.empty(),
                List.of(),
                List.of());
    }

    /** The epoch of the current or last tenure, {@link Epoch#NONE} before the first. */
    public Epoch epoch() {
        return tenure.map(Tenure::epoch).orElse(Epoch.NONE);
    }

    /** The tenure while it is granted or open, empty while there is no primary. */
    public Optional<Tenure> running() {
        return tenure.filter(Tenure::isRunning);
    }

    /** Whether clients are served. */
    public boolean isOpen() {
        return tenure.filter(held -> held.phase() == Phase.OPEN).isPresent();
    }

    /** The current member of {@code node}, empty when it has no data. */
    public Optional<Member> member(NodeId node) {
        return Optional.ofNullable(members.get(node)).flatMap(MemberRecord::member);
    }

    /** The timeline id that the next Grant gets. */
    public TimelineId nextTimeline() {
        return lineage.getLast().timeline().next();
    }

    /** The votes for the epoch that follows the current one. */
    public List<Vote> votesForNext() {
        Epoch next = epoch().next();
        return votes.isEmpty()
                ? List.of()
                : new TreeMap<>(votes)
                        .values().stream()
                                .filter(vote -> vote.promised().equals(next))
                                .toList();
    }

    /** The vote ahead of all others; among equals the first by name. Empty without votes. */
    public Optional<Vote> frontRunner() {
        return votesForNext().stream().reduce((best, vote) -> vote.isAheadOf(best) ? vote : best);
    }

    public ClusterState withVersion(long next) {
        return copy().version(next).done();
    }

    /** A changeable copy. */
    public Copy copy() {
        return new Copy(this);
    }

    private static <T> List<T> newest(List<T> all, int most) {
        return List.copyOf(all.subList(Math.max(0, all.size() - most), all.size()));
    }

    /** A copy in the making, for one thread. */
    public static final class Copy {
        private final ClusterState from;
        private long version;
        private Settings settings;
        private final Map<NodeId, MemberRecord> members;
        private Optional<NodeId> initialiser;
        private Optional<Tenure> tenure;
        private InSync inSync;
        private Map<NodeId, Vote> votes;
        private final List<TimelineStart> lineage;
        private Optional<SwitchoverRequest> switchover;
        private final List<PrimaryChange> history;
        private final List<Notice> notices;

        private Copy(ClusterState from) {
            this.from = from;
            version = from.version;
            settings = from.settings;
            members = new TreeMap<>(from.members);
            initialiser = from.initialiser;
            tenure = from.tenure;
            inSync = from.inSync;
            votes = new TreeMap<>(from.votes);
            lineage = new ArrayList<>(from.lineage);
            switchover = from.switchover;
            history = new ArrayList<>(from.history);
            notices = new ArrayList<>(from.notices);
        }

        public Copy version(long next) {
            version = next;
            return this;
        }

        public Copy settings(Settings next) {
            settings = next;
            return this;
        }

        public Copy member(MemberRecord record) {
            members.put(record.node(), record);
            return this;
        }

        public Copy initialiser(NodeId node) {
            initialiser = Optional.of(node);
            return this;
        }

        public Copy tenure(Tenure next) {
            tenure = Optional.of(next);
            return this;
        }

        public Copy inSync(InSync next) {
            inSync = next;
            return this;
        }

        public Copy vote(Vote vote) {
            votes.put(vote.member().node(), vote);
            return this;
        }

        public Copy noVotes() {
            votes = new TreeMap<>();
            return this;
        }

        public Copy extendLineage(TimelineStart start) {
            lineage.add(start);
            return this;
        }

        public Copy switchover(SwitchoverRequest request) {
            switchover = Optional.of(request);
            return this;
        }

        public Copy noSwitchover() {
            switchover = Optional.empty();
            return this;
        }

        public Copy began(PrimaryChange change) {
            history.add(change);
            return this;
        }

        /** Replaces the history's entry of the same epoch; nothing happens when it is too old to be there. */
        public Copy changed(PrimaryChange change) {
            history.replaceAll(entry -> entry.epoch().equals(change.epoch()) ? change : entry);
            return this;
        }

        public Copy notice(Notice notice) {
            notices.add(notice);
            return this;
        }

        public ClusterState done() {
            return new ClusterState(
                    from.name,
                    version,
                    settings,
                    from.nodes,
                    members,
                    initialiser,
                    tenure,
                    inSync,
                    votes,
                    lineage,
                    switchover,
                    history,
                    notices);
        }
    }

    /** The history's entry of {@code epoch}, empty when it is too old to be there. */
    public Optional<PrimaryChange> change(Epoch epoch) {
        return history.stream().filter(entry -> entry.epoch().equals(epoch)).findFirst();
    }
}
