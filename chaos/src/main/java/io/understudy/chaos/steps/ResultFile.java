package io.understudy.chaos.steps;

import io.understudy.chaos.steps.TrialResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/** All results so far, in a file where one is wanted. */
final class ResultFile {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Optional<Path> file;
    private final List<TrialResult> results;

    private ResultFile(Optional<Path> file, List<TrialResult> results) {
        this.file = file;
        this.results = results;
    }

    /** What the file holds. */
    private record Content(List<TrialResult> crashes) {}

    /**
     * Begins.
     *
     * @param resume whether what the file holds counts
     */
    static ResultFile open(Optional<Path> file, boolean resume) throws IOException {
        List<TrialResult> held = new ArrayList<>();
        if (resume && file.filter(Files::exists).isPresent()) {
            held.addAll(
                    JSON.readValue(Files.readString(file.get()), Content.class).crashes());
        }
        return new ResultFile(file, held);
    }

    /** Whether it holds a crash there after which all was well; any other is made again. */
    boolean holds(CrashPoint point) {
        return results.stream()
                .anyMatch(result -> result.outcome() == Outcome.HEALED
                        && result.scenario().equals(point.scenario())
                        && result.role().equals(point.role())
                        && result.step().equals(point.moment().step())
                        && result.place().equals(point.moment().place())
                        && result.time() == point.time()
                        && result.kill().equals(point.kill().toString()));
    }

    /** Takes the place of a crash at the same point. */
    void add(TrialResult result) throws IOException {
        results.removeIf(result::isOfSamePoint);
        results.add(result);
        if (file.isPresent()) {
            Files.writeString(
                    file.get(), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(new Content(results)) + "\n");
        }
    }

    /** Whether one was broken, or not made because nobody came to its point. */
    boolean isIncomplete() {
        return results.stream().anyMatch(result -> result.outcome() != Outcome.HEALED);
    }

    String summary(Duration took) {
        return String.format(
                Locale.ROOT,
                "%d crashes: %d healed, %d broken, %d not reached; %d orders acknowledged, %d lost; open again after at most"
                        + " %.1f s, healed after at most %.1f s; took %d min",
                results.size(),
                count(Outcome.HEALED),
                count(Outcome.BROKEN),
                count(Outcome.NOT_REACHED),
                results.stream().mapToLong(TrialResult::acknowledged).sum(),
                results.stream().mapToLong(TrialResult::lost).sum(),
                longest(results.stream().map(TrialResult::openMillis).toList()),
                longest(results.stream().map(TrialResult::healedMillis).toList()),
                took.toMinutes());
    }

    private long count(Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).count();
    }

    private static double longest(List<Optional<Long>> millis) {
        return millis.stream()
                        .flatMap(Optional::stream)
                        .mapToLong(Long::longValue)
                        .max()
                        .orElse(0)
                / 1e3;
    }
}
