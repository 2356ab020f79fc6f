package io.understudy.simulation;

import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What one node's database keeps when every process is gone. */
final class Disk {

    Optional<Incarnation> incarnation = Optional.empty();
    List<TimelineStart> lineage = List.of();
    Epoch promised = Epoch.NONE;
    Optional<Position> cleanStop = Optional.empty();
    private List<LogRecord> log = new ArrayList<>();
    private TreeMap<Integer, Integer> timelines = new TreeMap<>();
    private int flushed;
    /** The server once ran writable on it out of turn and may have written what no tenure wrote. */
    boolean strayed;

    private final Map<Incarnation, Position> reported = new HashMap<>();

    /** A copy of the data that may be put back later. */
    record Copy(Incarnation incarnation, List<TimelineStart> lineage, List<LogRecord> log, long takenAt) {}

    /** The data is no part of the cluster's log any more: it gets an entry in its lineage that no ledger has. */
    void leaveLineage() {
        int size = lineage.size();
        boolean noted = size > 1
                && lineage.get(size - 1).epoch().equals(lineage.get(size - 2).epoch());
        if (incarnation.isPresent() && size > 0 && !noted) {
            List<TimelineStart> left = new ArrayList<>(lineage);
            left.add(new TimelineStart(lineage.getLast().epoch(), new TimelineId(timeline()), Position.START));
            lineage = List.copyOf(left);
        }
    }

    Copy copy(long at) {
        return new Copy(incarnation.orElseThrow(), lineage, List.copyOf(log.subList(0, flushed)), at);
    }

    void fill(Incarnation life, List<TimelineStart> history, List<LogRecord> records) {
        incarnation = Optional.of(life);
        lineage = history;
        cleanStop = Optional.empty();
        strayed = false;
        log = new ArrayList<>();
        timelines = new TreeMap<>();
        records.forEach(this::append);
        flushed = log.size();
    }

    void empty() {
        incarnation = Optional.empty();
        lineage = List.of();
        cleanStop = Optional.empty();
        strayed = false;
        log = new ArrayList<>();
        timelines = new TreeMap<>();
        flushed = 0;
    }

    void append(LogRecord record) {
        timelines.putIfAbsent(record.timeline(), log.size());
        log.add(record);
    }

    List<LogRecord> log() {
        return log;
    }

    int end() {
        return log.size();
    }

    int flushed() {
        return flushed;
    }

    void flush(int upTo) {
        flushed = Math.max(flushed, Math.min(upTo, log.size()));
    }

    /** What was not flushed is gone. */
    void losePower() {
        if (flushed < log.size()) {
            log = new ArrayList<>(log.subList(0, flushed));
            timelines.values().removeIf(start -> start >= flushed);
        }
    }

    int timeline() {
        return log.isEmpty() ? 1 : log.getLast().timeline();
    }

    /** The highest timeline it ever heard of. */
    int highestTimeline() {
        return timelines.isEmpty() ? 1 : timelines.lastKey();
    }

    /** Whether a server with this log serves one that ends at {@code position} of {@code timeline}, by timelines alone. */
    boolean serves(int timeline, int position) {
        if (!timelines.containsKey(timeline) && log.size() > 0) {
            return false;
        }
        Map.Entry<Integer, Integer> next = timelines.higherEntry(timeline);
        // What a replica has received and not yet flushed it does not send on, whatever timeline it is of.
        return position <= (next == null ? flushed : Math.min(flushed, next.getValue()));
    }

    static Position position(int records) {
        return new Position(records * LogRecord.BYTES);
    }

    Position highestReported() {
        return incarnation
                .map(life -> reported.getOrDefault(life, Position.START))
                .orElse(Position.START);
    }

    void reported(Position position) {
        incarnation.ifPresent(life -> reported.merge(life, position, (one, other) -> one.isAfter(other) ? one : other));
    }
}
