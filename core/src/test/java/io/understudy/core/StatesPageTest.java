package io.understudy.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.coordinator.Coordinator;
import io.understudy.core.coordinator.CoordinatorRule;
import io.understudy.core.reconciler.Reconciler;
import io.understudy.core.reconciler.ReconcilerRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/states.md} is drawn from the rule tables; {@code -Dgolden.write=true} writes it. */
class StatesPageTest {

    private static final Path PAGE = Path.of("../docs/states.md");

    /** From, to, and the rules that lead there. */
    private record Arrow(String from, String to, List<String> rules) {}

    private static final List<Arrow> TENURE = List.of(
            new Arrow("[*]", "GRANTED", List.of("C02", "C03")),
            new Arrow("GRANTED", "OPEN", List.of("C50")),
            new Arrow("GRANTED", "REVOKED", List.of("C21", "C22", "C23")),
            new Arrow("OPEN", "REVOKED", List.of("C20", "C21", "C22")),
            new Arrow("REVOKED", "REVOKED", List.of("C30", "C41")),
            new Arrow("REVOKED", "GRANTED", List.of("C40")));

    private static final List<Arrow> SERVER = List.of(
            new Arrow("[*]", "Empty", List.of()),
            new Arrow("Empty", "Gone", List.of("R10", "R50")),
            new Arrow("Gone", "Sealed", List.of("R30", "R51")),
            new Arrow("Sealed", "Primary", List.of("R44")),
            new Arrow("Sealed", "Following", List.of("R54")),
            new Arrow("Following", "Sealed", List.of("R31", "R56")),
            new Arrow("Following", "Following", List.of("R54")),
            new Arrow("Sealed", "Empty", List.of("R53")),
            new Arrow("Primary", "Primary", List.of("R45", "R46", "R47")),
            new Arrow("Primary", "Gone", List.of("R01", "R02", "R03", "R48")),
            new Arrow("Sealed", "Gone", List.of("R42")));

    @Test
    void thePageShowsTheRulesAsTheyAre() throws IOException {
        String page = page();
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(page).isEqualTo(Files.readString(PAGE));
    }

    private static String page() {
        return """
                # States and rules

                Drawn from the rule tables in `core` by `StatesPageTest`; not edited by hand. The rules of a table are tried from
                top to bottom, the first that applies decides, and its id and reason appear in logs, events, the API and the
                command line. An id never changes its meaning.

                ## A tenure, as the ledger has it

                %s
                ## A database server, as its agent has it

                %s
                ## The Raft leader decides for the cluster (`Coordinator`)

                %s
                ## Each agent decides for its own server (`Reconciler`)

                %s""".formatted(
                        diagram(TENURE, names(Coordinator.rules(), CoordinatorRule::id, CoordinatorRule::name)),
                        diagram(SERVER, names(Reconciler.rules(), ReconcilerRule::id, ReconcilerRule::name)),
                        table(Coordinator.rules().stream().map(rule -> row(rule.id(), rule.name(), rule.when()))),
                        table(Reconciler.rules().stream().map(rule -> row(rule.id(), rule.name(), rule.when()))));
    }

    private static <T> Map<String, String> names(List<T> rules, Function<T, String> id, Function<T, String> name) {
        return rules.stream().collect(Collectors.toMap(id, name));
    }

    private static String diagram(List<Arrow> arrows, Map<String, String> names) {
        return arrows.stream()
                .map(arrow -> "    " + arrow.from() + " --> " + arrow.to() + label(arrow, names) + "\n")
                .collect(Collectors.joining("", "```mermaid\nstateDiagram-v2\n", "```\n"));
    }

    private static String label(Arrow arrow, Map<String, String> names) {
        if (arrow.rules().isEmpty()) {
            return "";
        }
        assertThat(names.keySet()).containsAll(arrow.rules());
        return arrow.rules().stream().map(id -> id + " " + names.get(id)).collect(Collectors.joining(", ", ": ", ""));
    }

    private static String table(Stream<String> rows) {
        return "| id | rule | applies when |\n|---|---|---|\n" + rows.collect(Collectors.joining());
    }

    private static String row(String id, String name, String when) {
        return "| %s | %s | %s |\n".formatted(id, name, when);
    }
}
