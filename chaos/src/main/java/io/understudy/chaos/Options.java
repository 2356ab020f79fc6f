package io.understudy.chaos;

import io.understudy.chaos.faults.Fault;
import io.understudy.core.cluster.ReplicationMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a run is asked to do.
 *
 * @param seed what is chosen at random follows from it
 * @param faults what may happen
 * @param alone whether each of them happens alone once, first
 * @param length how long the run goes on with random sequences; what is under way then is finished
 * @param commit of the sources, for the report
 * @param page where the report goes for people
 * @param json where it goes for programs
 */
record Options(
        ReplicationMode mode,
        int nodes,
        long seed,
        List<Fault> faults,
        boolean alone,
        Duration length,
        String commit,
        Path page,
        Path json) {

    static final int FEWEST_NODES = 3;
    static final int MOST_NODES = 7;

    Options {
        faults = List.copyOf(faults);
        if (nodes < FEWEST_NODES || nodes > MOST_NODES) {
            throw new IllegalArgumentException(
                    "--nodes is " + nodes + ", expected " + FEWEST_NODES + " to " + MOST_NODES);
        }
        if (length.isNegative()) {
            throw new IllegalArgumentException("--minutes is " + length.toMinutes() + ", expected 0 or more");
        }
    }

    /** How to run the same again. */
    String command() {
        return "chaos/run --mode " + mode.label() + " --nodes " + nodes + " --seed " + seed + " --minutes "
                + length.toMinutes() + (alone ? "" : " --no-alone")
                + (faults.size() == io.understudy.chaos.faults.Catalogue.all().size()
                        ? ""
                        : " --faults "
                                + String.join(
                                        ",", faults.stream().map(Fault::name).toList()));
    }
}
