package io.understudy.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * When something goes wrong. Each fault has a name, and all about it is drawn from the seed and that name alone, so that some can
 * be left out and the others stay what they are: {@code weather} is the network's from beginning to end, {@code s7} the seventh
 * that strikes out of the blue, {@code c12} one that comes soon after the twelfth change of the ledger, {@code n3.40} the crash of
 * node 3's agent at the fortieth point before or after a step, {@code last} the replica that is lost when all is well again.
 */
final class FaultSchedule {

    /** Stands for no fault where names are listed. */
    static final String NONE = "none";

    private static final Pattern NAME = Pattern.compile("weather|last|[sc]\\d+|n\\d+\\.\\d+");
    private static final double STEP_CRASH = 0.012;
    private static final double TEMPTATION = 0.12;

    private final World world;
    private final long seed;
    private final Optional<Set<String>> kept;
    private final Chance strikes;
    private final List<String> struck = new ArrayList<>();
    private final int[] points;
    private int changes;
    private int strike;

    /** @param kept the faults that may come, empty for all */
    FaultSchedule(World world, long seed, Optional<Set<String>> kept) {
        this.world = world;
        this.seed = seed;
        this.kept = kept;
        strikes = Chance.of(seed, "strikes");
        points = new int[world.size()];
    }

    /** Names of faults from a list with commas. */
    static List<String> names(String list) {
        if (list.equals(NONE)) {
            return List.of();
        }
        List<String> names = List.of(list.split(",", -1));
        for (String name : names) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "'" + name
                                + "' is no fault: expected weather, s and a number, c and a number, n with two numbers as n2.31, or last");
            }
        }
        return names;
    }

    void begin() {
        world.faults().begin();
        if (comes("weather")) {
            world.faults().weather(Chance.of(seed, "weather"));
        }
        world.agenda().in(strikes.between(Agenda.SECOND / 10, 6 * Agenda.SECOND), this::strike);
    }

    /** The faults that came, in their order. */
    List<String> struck() {
        return struck;
    }

    private boolean comes(String fault) {
        if (kept.isPresent() && !kept.get().contains(fault)) {
            return false;
        }
        struck.add(fault);
        return true;
    }

    private void strike() {
        if (!world.faults().isActive()) {
            return;
        }
        // Often the second comes while the first is still being handled.
        long pause = strikes.chance(0.4) ? Faults.span(strikes, 5, 1_500) : Faults.span(strikes, 1_000, 9_000);
        world.agenda().in(pause, this::strike);
        hit("s" + ++strike);
    }

    private void hit(String fault) {
        if (comes(fault)) {
            Chance luck = Chance.of(seed, fault);
            int node = victim(luck);
            world.trace().note(node, "FAULT " + fault, "comes");
            world.faults().hit(node, luck);
        }
    }

    /** Often the primary or the Raft leader, else any. */
    private int victim(Chance luck) {
        int one = luck.below(10);
        int any = luck.below(world.size());
        if (one < 4) {
            return world.ledger()
                    .running()
                    .map(held -> world.indexOf(held.holder().node()))
                    .orElse(any);
        }
        if (one < 6) {
            for (int node = 0; node < world.size(); node++) {
                if (world.raft(node).leads()) {
                    return node;
                }
            }
        }
        return any;
    }

    /** The cluster is in the middle of something: sometimes that is when the next fault comes. */
    void tempt() {
        String fault = "c" + ++changes;
        Chance luck = Chance.of(seed, "when " + fault);
        if (world.faults().isActive() && luck.chance(TEMPTATION)) {
            world.agenda().in(Faults.span(luck, 0, 250), () -> {
                if (world.faults().isActive()) {
                    hit(fault);
                }
            });
        }
    }

    boolean crashesBefore(int node, String step) {
        return crashes(node, step + " before");
    }

    boolean crashesAfter(int node, String step) {
        return crashes(node, step + " after");
    }

    private boolean crashes(int node, String point) {
        if (!world.faults().isActive()) {
            return false;
        }
        String fault = "n" + (node + 1) + "." + ++points[node];
        Chance luck = Chance.of(seed, fault);
        if (!luck.chance(STEP_CRASH) || !comes(fault)) {
            return false;
        }
        world.coverage().crashed(point);
        world.trace().note(node, "FAULT " + fault, "comes");
        if (luck.chance(0.5)) {
            world.faults().crashAgent(luck, node, "at " + point);
        } else {
            world.faults().crashNode(luck, node, "at " + point);
        }
        return true;
    }

    /** The cluster is well: now and then one replica ends for good, if the others suffice. */
    boolean loseAReplica() {
        Chance luck = Chance.of(seed, "last");
        int node = luck.below(world.size());
        if (!luck.chance(0.3) || !world.faults().canLose(node) || !comes("last")) {
            return false;
        }
        world.faults().lose(node);
        return true;
    }
}
