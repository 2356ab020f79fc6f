package io.understudy.engines.postgres;

import io.understudy.engines.EngineException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Runs statements on data that nobody serves yet, in the server's single-user mode, which ends one at the end of its line. A
 * statement may hold a password: it stands in no arguments, in no log and in no error message.
 */
final class SingleUserServer {

    private static final String PROMPT = "backend> ";
    private static final int NOTE_LENGTH = 500;
    private static final Pattern COMPLAINT = Pattern.compile("(?:ERROR|FATAL|PANIC): +(.*)");
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"?");
    private static final Pattern LITERAL = Pattern.compile("'[^']*'?|\\$(\\w*)\\$.*?(?:\\$\\1\\$|$)");

    /** Whatever the user's settings say, nothing of a statement is written anywhere. */
    private static final List<String> SILENT = List.of(
            "log_statement=none",
            "log_min_error_statement=panic",
            "log_min_duration_statement=-1",
            "log_min_duration_sample=-1",
            "log_transaction_sample_rate=0",
            "log_destination=stderr",
            "logging_collector=off");

    private final Node node;

    SingleUserServer(Node node) {
        this.node = node;
    }

    /**
     * A statement and how it is told of.
     *
     * @param name stands for it in an error
     */
    record Statement(String name, String sql) {
        Statement {
            sql = sql.replaceAll("\\s*[\\r\\n]+\\s*", " ");
        }
    }

    /** Runs them in order, in the database {@code postgres}; ends at the first that fails. */
    void run(Path data, List<Statement> statements) throws IOException, EngineException, InterruptedException {
        StringBuilder input = new StringBuilder();
        statements.forEach(statement -> input.append(statement.sql()).append('\n'));
        List<String> command = new ArrayList<>(
                List.of(node.installation.program("postgres").toString(), "--single", "-D", data.toString()));
        List<String> settings = new ArrayList<>(SILENT);
        settings.addAll(
                List.of("exit_on_error=true", "password_encryption=scram-sha-256", "synchronous_standby_names="));
        for (String setting : settings) {
            command.addAll(List.of("-c", setting));
        }
        command.add("postgres");
        new BoundedProgram(node).run(command, data, input.toString(), output -> failure(output, statements));
    }

    /** Which statement failed and why, without anything that was a literal in it. */
    static String failure(String output, List<Statement> statements) {
        // One prompt before each statement is read.
        int reached = output.split(PROMPT, -1).length - 1;
        List<String> complaints = output.lines()
                .flatMap(line -> COMPLAINT.matcher(line).results())
                .map(found -> found.group(1))
                .toList();
        String complaint = complaints.isEmpty() ? "it gave no reason" : complaints.getLast();
        if (reached == 0 || reached > statements.size()) {
            return "It said: " + shortened(complaint);
        }
        Statement statement = statements.get(reached - 1);
        return "It refused the " + statement.name() + ": " + shortened(withoutLiterals(complaint, statement.sql()))
                + ". The statement is not repeated here, it may hold a password. Correct it; the next try begins from"
                + " nothing.";
    }

    private static String withoutLiterals(String complaint, String sql) {
        String harmless = LITERAL.matcher(sql).replaceAll(" ");
        return QUOTED.matcher(complaint)
                .replaceAll(quoted -> java.util.regex.Matcher.quoteReplacement(
                        harmless.contains(inner(quoted)) ? quoted.group() : "\"...\""));
    }

    private static String inner(MatchResult quoted) {
        return quoted.group().replace("\"", "");
    }

    private static String shortened(String text) {
        return text.substring(0, Math.min(NOTE_LENGTH, text.length()));
    }
}
