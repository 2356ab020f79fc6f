package io.understudy.chaos.judge;

import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;

/** Something that is promised. */
interface Promise {

    /** What was expected and what was found, one line for each way in which it was broken; empty when it was kept. */
    List<String> broken(Evidence evidence);

    /** The name of its class. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** Some of {@code ids}, for people. */
    static String some(BitSet ids) {
        int most = 10;
        return ids.stream().limit(most).mapToObj(Integer::toString).collect(Collectors.joining(", "))
                + (ids.cardinality() > most ? " and " + (ids.cardinality() - most) + " more" : "");
    }
}
