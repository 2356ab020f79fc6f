package io.understudy.chaos.judge;

import io.understudy.chaos.workload.Shown;
import io.understudy.chaos.workload.Workload;
import io.understudy.core.cluster.ReplicationMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** In {@code semi-sync} and {@code sync}, what an open primary showed through a router is there, in that order, and first. */
final class WhatWasShownStays implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        List<String> broken = new ArrayList<>();
        if (evidence.mode() == ReplicationMode.ASYNC) {
            return broken;
        }
        Map<Integer, List<int[]>> shown = evidence.shown().lists().getOrDefault(Workload.ROUTED_READER, Map.of());
        shown.forEach((key, answers) -> {
            int[] stored = evidence.stored().lists().getOrDefault(key, new int[0]);
            for (int[] answer : answers) {
                if (!Shown.isPrefix(answer, stored)) {
                    broken.add(
                            "list %d was shown with %d items, the last of them %d, and these are not the first that are there"
                                    .formatted(key, answer.length, answer[answer.length - 1]));
                }
            }
        });
        return broken;
    }
}
