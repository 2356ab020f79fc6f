package io.understudy.chaos.workload;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What readers were shown since the round began. Thread-safe. */
public final class Shown {

    private static final int MOST_WRONG_SUMS = 100;

    private final long expectedSum;
    private final List<String> wrongSums = new ArrayList<>();
    private final Map<String, Map<Integer, List<int[]>>> lists = new HashMap<>();
    private long reads;

    /** @param expectedSum of all balances, at all times */
    Shown(long expectedSum) {
        this.expectedSum = expectedSum;
    }

    synchronized void sum(String reader, long sum) {
        reads++;
        if (sum != expectedSum && wrongSums.size() < MOST_WRONG_SUMS) {
            wrongSums.add(reader + " read " + sum + " where balances always add up to " + expectedSum);
        }
    }

    /** A list that is the one that this reader was shown last, or grew out of it, takes its place: the longest tells it all. */
    synchronized void lists(String reader, Map<Integer, int[]> shown) {
        shown.forEach((key, items) -> {
            List<int[]> seen = lists.computeIfAbsent(reader, first -> new HashMap<>())
                    .computeIfAbsent(key, first -> new ArrayList<>());
            if (!seen.isEmpty() && isPrefix(seen.getLast(), items)) {
                seen.removeLast();
            }
            seen.add(items);
        });
    }

    /** Whether {@code longer} begins with all of {@code shorter}. */
    public static boolean isPrefix(int[] shorter, int[] longer) {
        return shorter.length <= longer.length
                && java.util.Arrays.equals(shorter, 0, shorter.length, longer, 0, shorter.length);
    }

    /** By reader and list, what it was shown, leaving out what a later answer contains. */
    public synchronized Map<String, Map<Integer, List<int[]>>> lists() {
        Map<String, Map<Integer, List<int[]>>> copy = new HashMap<>();
        lists.forEach((reader, byKey) -> {
            Map<Integer, List<int[]>> own = new HashMap<>();
            byKey.forEach((key, seen) -> own.put(key, List.copyOf(seen)));
            copy.put(reader, own);
        });
        return copy;
    }

    /** In words. */
    public synchronized List<String> wrongSums() {
        return List.copyOf(wrongSums);
    }

    /** How many answers readers got, in the whole run. */
    public synchronized long reads() {
        return reads;
    }

    synchronized void forget() {
        wrongSums.clear();
        lists.clear();
    }
}
