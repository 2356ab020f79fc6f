package io.understudy.chaos.steps;

import io.understudy.cli.UnusableMachineException;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that kills somebody at every step. */
@Command(
        name = "crash-after-every-step",
        description = {
            "Kills an agent, and a whole node, exactly before and after every step of a failover, a switchover, a change of the"
                    + " in-sync set, a clone, a rewind and a restart in place, and looks whether the cluster heals.",
            "Three nodes in semi-sync on this machine, each an agent, a guard and a PostgreSQL server; a shop places orders all"
                    + " the time. Which steps there are is found out by playing each scenario once before."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the cluster healed each time and nothing acknowledged was lost",
            "1:it did not heal, something was lost, doubled or different on a node, or a crash point was not reached",
            "2:wrong usage"
        })
public final class CrashAfterEveryStep implements Callable<Integer> {

    private static final int HEALED = 0;
    private static final int BROKEN = 1;
    private static final Duration ENDING = Duration.ofSeconds(30);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--list", description = "Only tell the crash points; each scenario is played once for it.")
    private boolean list;

    @Option(
            names = "--scenario",
            paramLabel = "NAME",
            description = "Only this one; may be repeated. One of: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Names.class)
    private List<String> scenarios = new ArrayList<>();

    @Option(
            names = "--inside",
            description =
                    "Inside steps too: after each small file that is replaced, each word to the guard, each statement, each"
                            + " program. About three times as many crash points.")
    private boolean inside;

    @Option(
            names = "--only",
            paramLabel = "REGEX",
            description = "Only crash points in whose line, as --list tells it, this is found.")
    private @Nullable String only;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Take the crash points of each scenario in an order that follows from this (default: as they come).")
    private @Nullable Long seed;

    @Option(names = "--json", paramLabel = "FILE", description = "Write every result there, after each crash.")
    private @Nullable Path json;

    @Option(
            names = "--resume",
            description = "Pass over the crashes of --json FILE after which all was well, and keep them.")
    private boolean resume;

    @Option(names = "--minutes", paramLabel = "N", description = "Begin no further crash after so long.")
    private @Nullable Integer minutes;

    @Option(
            names = "--logs",
            paramLabel = "DIR",
            defaultValue = "target/steps",
            description = "Where the logs of what went wrong are kept (default: ${DEFAULT-VALUE}).")
    private Path logs = Path.of("target", "steps");

    /** The scenarios' names. */
    static final class Names extends ArrayList<String> {
        Names() {
            super(Scenarios.all().stream().map(Scenario::name).toList());
        }
    }

    /** Runs it and ends the process with its exit status. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new CrashAfterEveryStep()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, UnusableMachineException {
        List<Scenario> chosen = chosen();
        Pattern wanted = wanted();
        ResultFile results = ResultFile.open(Optional.ofNullable(json), resume);
        Thread running = Thread.currentThread();
        CountDownLatch ended = new CountDownLatch(1);
        Thread stopping = new Thread(() -> stop(running, ended), "stop");
        Runtime.getRuntime().addShutdownHook(stopping);
        try (Course course = new Course(installations(), logs.toAbsolutePath(), this::say)) {
            return run(course, chosen, wanted, results);
        } catch (InterruptedException stopped) {
            say("stopped");
            return BROKEN;
        } finally {
            ended.countDown();
        }
    }

    /** What runs ends the cluster before this process goes. */
    private static void stop(Thread running, CountDownLatch ended) {
        if (ended.getCount() == 0) {
            return;
        }
        running.interrupt();
        try {
            if (!ended.await(ENDING.toSeconds(), TimeUnit.SECONDS)) {
                System.err.println("the cluster could not be ended within " + ENDING.toSeconds() + " s");
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }

    private int run(Course course, List<Scenario> chosen, Pattern wanted, ResultFile results)
            throws IOException, UnusableMachineException, InterruptedException {
        long began = System.nanoTime();
        for (Scenario scenario : chosen) {
            if (isLate(began)) {
                break;
            }
            if (scenario.database() == Scenario.Database.INSTALLED
                    && installed().isEmpty()) {
                say(scenario.name() + " is left out: this machine has no PostgreSQL with pg_rewind");
                continue;
            }
            List<CrashPoint> points = new ArrayList<>(
                    course.points(scenario, inside ? Recording.Depth.INSIDE_STEPS : Recording.Depth.STEPS));
            points.removeIf(point -> !wanted.matcher(point.toString()).find());
            if (seed != null) {
                Collections.shuffle(points, new Random(seed));
            }
            if (list) {
                points.forEach(point -> say(point.toString()));
            } else {
                crash(course, scenario, points, results, began);
            }
        }
        if (!list) {
            say(results.summary(Duration.ofNanos(System.nanoTime() - began)));
        }
        return results.isIncomplete() ? BROKEN : HEALED;
    }

    private void crash(Course course, Scenario scenario, List<CrashPoint> points, ResultFile results, long began)
            throws IOException, UnusableMachineException, InterruptedException {
        say(scenario.name() + ": " + points.size() + " crash points (" + scenario.text() + ")");
        int number = 0;
        for (CrashPoint point : points) {
            number++;
            if (results.holds(point)) {
                continue;
            }
            if (isLate(began)) {
                say("no further crash is begun after " + minutes + " min");
                return;
            }
            TrialResult result = course.crash(scenario, point);
            results.add(result);
            say("[" + number + "/" + points.size() + "] " + point + ": " + result.text());
        }
    }

    private boolean isLate(long began) {
        return minutes != null
                && System.nanoTime() - began > Duration.ofMinutes(minutes).toNanos();
    }

    private List<Scenario> chosen() {
        List<String> unknown = scenarios.stream()
                .filter(name ->
                        Scenarios.all().stream().noneMatch(known -> known.name().equals(name)))
                .toList();
        if (!unknown.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "No scenario " + unknown + ": expected some of " + new Names());
        }
        return Scenarios.all().stream()
                .filter(scenario -> scenarios.isEmpty() || scenarios.contains(scenario.name()))
                .toList();
    }

    private Pattern wanted() {
        try {
            return Pattern.compile(only == null ? "" : only);
        } catch (PatternSyntaxException wrong) {
            throw new ParameterException(spec.commandLine(), "--only is no regular expression: " + wrong.getMessage());
        }
    }

    private static Map<Scenario.Database, Optional<Path>> installations() throws IOException {
        Map<Scenario.Database, Optional<Path>> found = new EnumMap<>(Scenario.Database.class);
        found.put(Scenario.Database.EMBEDDED, Optional.empty());
        found.put(Scenario.Database.INSTALLED, installed());
        return found;
    }

    /** The machine's own PostgreSQL, when it can rewind. */
    private static Optional<Path> installed() throws IOException {
        Path nowhere = Files.createTempDirectory("understudy-none-");
        try {
            PostgresInstallation found = PostgresInstallation.find(new InstallationSource.Automatic(nowhere));
            return Optional.of(found)
                    .filter(usable -> usable.tools().contains(PostgresInstallation.Tool.REWIND))
                    .map(PostgresInstallation::bin);
        } finally {
            Directories.remove(nowhere);
        }
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
