package io.understudy.chaos.judge;

import java.util.ArrayList;
import java.util.List;

/** Every reader saw whole transactions only, and every balance is what the transfers that are there make it. */
final class BalancesAddUp implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        List<String> broken = new ArrayList<>(evidence.shown().wrongSums());
        List<Long> expected = evidence.stored().expectedBalances();
        if (!evidence.stored().balances().equals(expected)) {
            broken.add("balances are %s, and the transfers that are there make %s"
                    .formatted(evidence.stored().balances(), expected));
        }
        return broken;
    }
}
