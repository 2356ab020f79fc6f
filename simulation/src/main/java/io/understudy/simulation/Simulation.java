package io.understudy.simulation;

import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Settings;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;

/**
 * A cluster of the shipped decision code in virtual time, on models of Raft, of PostgreSQL, of guards and of a network,
 * with clients and with faults. Everything follows from the seed.
 */
public final class Simulation {

    /** What a fault did may show only when a lease is over. */
    private static final long SETTLING = 4 * Agenda.SECOND;

    /** How long a cluster that is well is looked at. */
    private static final long LOOK_AGAIN = 2 * Agenda.SECOND;

    private Simulation() {}

    /** One history. */
    public static Outcome run(long seed, Options options) {
        return run(seed, options, new Decisions(), Trace.Keeping.LAST_EVENTS);
    }

    static Outcome run(long seed, Options options, Decisions decisions, Trace.Keeping keeping) {
        Agenda agenda = new Agenda(seed, options.turn());
        Trace trace = new Trace(agenda, keeping);
        int drawn = drawnSize(agenda);
        int nodes = options.nodes() == 0 ? drawn : options.nodes();
        World world = new World(
                agenda,
                trace,
                decisions,
                nodes,
                settings(agenda, options),
                made -> new FaultSchedule(made, seed, options.kept()));
        for (int node = 0; node < nodes; node++) {
            int started = node;
            agenda.in(agenda.between(0, Agenda.SECOND), () -> {
                if (!world.agent(started).process.isAlive()) {
                    world.agent(started).start();
                }
            });
        }
        new Clients(world).begin();
        // Most histories begin with a cluster that has formed; some are disturbed before it has.
        long quiet = agenda.chance(0.8) ? 8 * Agenda.SECOND : 0;
        agenda.in(quiet, world.schedule()::begin);
        try {
            play(world, quiet, options);
        } catch (RuntimeException failed) {
            StackTraceElement at = failed.getStackTrace()[0];
            world.checks().violated("nothing fails", failed + " at " + at.getFileName() + ":" + at.getLineNumber());
        }
        return outcome(seed, world, keeping);
    }

    private static void play(World world, long quiet, Options options) {
        world.agenda().runUntil(quiet + micros(options.faults()));
        world.faults().end();
        world.checks().calm();
        long end = world.agenda().now() + micros(options.calm());
        world.agenda().runUntil(world.agenda().now() + SETTLING);
        while (world.agenda().now() < end && !world.checks().isHealed()) {
            world.agenda().runUntil(Math.min(end, world.agenda().now() + Agenda.SECOND));
        }
        if (world.checks().isHealed()) {
            world.checks().well();
            long wait =
                    world.schedule().loseAReplica() ? CommitsGoOnWithoutAReplica.LIMIT + 2 * Agenda.SECOND : LOOK_AGAIN;
            world.agenda().runUntil(world.agenda().now() + wait);
        }
        world.checks().end();
    }

    private static Outcome outcome(long seed, World world, Trace.Keeping keeping) {
        boolean broken = !world.checks().violations().isEmpty();
        return new Outcome(
                seed,
                world.trace().hash(),
                world.checks().violations(),
                broken && keeping == Trace.Keeping.LAST_EVENTS
                        ? world.checks().eventsBefore()
                        : keeping == Trace.Keeping.EVERYTHING ? world.trace().lines() : List.of(),
                world.checks().acknowledgedWrites(),
                world.checks().changesOfPrimary(),
                List.copyOf(world.schedule().struck()),
                world.size(),
                Duration.ofNanos(world.agenda().now() * 1_000),
                new TreeMap<>(world.coverage().rules),
                new TreeMap<>(world.coverage().steps),
                new TreeMap<>(world.coverage().crashes));
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1_000;
    }

    private static int drawnSize(Agenda agenda) {
        int luck = agenda.below(10);
        return luck < 5 ? 3 : luck < 7 ? 5 : luck < 9 ? 4 : 6 + agenda.below(2);
    }

    private static Settings settings(Agenda agenda, Options options) {
        ReplicationMode mode =
                options.mode().orElse(ReplicationMode.values()[agenda.below(ReplicationMode.values().length)]);
        return new Settings(
                mode,
                agenda.chance(0.7) ? 1 : 2,
                agenda.chance(0.8) ? 1 : 2,
                agenda.chance(0.8) ? Settings.OnShortage.WAIT : Settings.OnShortage.DEGRADE,
                Duration.ofSeconds(3),
                agenda.between(0, 40) * LogRecord.BYTES);
    }
}
