package io.understudy.chaos.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Every fault there is, in the order in which they are tried one by one. */
public final class Catalogue {

    private static final List<Fault> ALL = collect();

    private Catalogue() {}

    private static List<Fault> collect() {
        List<Fault> all = new ArrayList<>();
        all.addAll(ProcessFaults.all());
        all.addAll(NetworkFaults.all());
        all.addAll(DiskFaults.all());
        all.addAll(ClockFaults.all());
        all.addAll(ReturningFaults.all());
        all.addAll(ConfigurationFaults.all());
        return List.copyOf(all);
    }

    public static List<Fault> all() {
        return ALL;
    }

    /**
     * Those of the given names.
     *
     * @throws IllegalArgumentException naming those that are none, and all that there are
     */
    public static List<Fault> of(List<String> names) {
        Set<String> unknown = new TreeSet<>(names);
        ALL.forEach(fault -> unknown.remove(fault.name()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("No fault is called " + String.join(", ", unknown)
                    + ": expected some of " + ALL.stream().map(Fault::name).collect(Collectors.joining(", ")));
        }
        return ALL.stream().filter(fault -> names.contains(fault.name())).toList();
    }
}
