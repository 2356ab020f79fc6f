package io.understudy.router.admin;

import io.understudy.router.admin.Command.Subject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads commands. Keywords in any case; names as in SQL: folded to lower case unless in double quotes. */
final class CommandParser {
    /** More in one message are refused. */
    static final int MOST_COMMANDS = 100;

    static final String EXPECTED = "SHOW "
            + Arrays.stream(Subject.values()).map(Enum::name).collect(Collectors.joining(" | "))
            + ", PAUSE [database], RESUME [database], RECONNECT [database] or RELOAD";

    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(?:(?<quoted>\"(?:[^\"]|\"\")*\")|(?<text>'(?:[^']|'')*')|(?<word>[^\\s;\"']+)|(?<end>;)|(?<bad>[\"']))");
    private static final int MOST_SHOWN = 100;

    private CommandParser() {}

    /** The commands of one message in order; none when there is nothing in it. */
    static List<Command> parse(String text) throws CommandException {
        List<Command> commands = new ArrayList<>();
        List<String> words = new ArrayList<>();
        Matcher tokens = TOKEN.matcher(text);
        while (tokens.lookingAt()) {
            if (tokens.group("bad") != null) {
                throw CommandException.syntax("a quote is not closed: " + shown(text), EXPECTED);
            }
            if (tokens.group("end") != null) {
                add(words, commands);
            } else {
                words.add(tokens.group().strip());
            }
            tokens.region(tokens.end(), text.length());
        }
        add(words, commands);
        return commands;
    }

    private static void add(List<String> words, List<Command> commands) throws CommandException {
        if (!words.isEmpty()) {
            if (commands.size() >= MOST_COMMANDS) {
                throw CommandException.syntax("more than %d commands at once".formatted(MOST_COMMANDS), EXPECTED);
            }
            commands.add(command(words));
            words.clear();
        }
    }

    private static Command command(List<String> words) throws CommandException {
        return switch (words.getFirst().toUpperCase(Locale.ROOT)) {
            case "SHOW" -> new Command.Show(subject(words));
            case "PAUSE" -> new Command.Pause(scope(words));
            case "RESUME" -> new Command.Resume(scope(words));
            case "RECONNECT" -> new Command.Reconnect(scope(words));
            case "RELOAD" -> {
                atMost(1, words);
                yield new Command.Reload();
            }
            case "SET" -> new Command.Ignored("SET");
            case "RESET" -> new Command.Ignored("RESET");
            case "BEGIN" -> new Command.Ignored("BEGIN");
            case "START" -> new Command.Ignored("START TRANSACTION");
            case "COMMIT", "END" -> new Command.Ignored("COMMIT");
            case "ROLLBACK", "ABORT" -> new Command.Ignored("ROLLBACK");
            default -> throw unknown(words);
        };
    }

    private static Subject subject(List<String> words) throws CommandException {
        if (words.size() != 2) {
            throw unknown(words);
        }
        Optional<Subject> found = Arrays.stream(Subject.values())
                .filter(each -> each.name().equalsIgnoreCase(words.get(1)))
                .findFirst();
        if (found.isEmpty()) {
            throw unknown(words);
        }
        return found.get();
    }

    private static Scope scope(List<String> words) throws CommandException {
        atMost(2, words);
        if (words.size() < 2) {
            return new Scope.All();
        }
        String name = words.get(1);
        if (name.startsWith("'")) {
            throw CommandException.syntax(
                    "a database is expected, found the text " + name, "a name, in double quotes where SQL needs them");
        }
        return new Scope.Database(
                name.startsWith("\"")
                        ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
                        : name.toLowerCase(Locale.ROOT));
    }

    private static void atMost(int most, List<String> words) throws CommandException {
        if (words.size() > most) {
            throw unknown(words);
        }
    }

    private static CommandException unknown(List<String> words) {
        return CommandException.syntax("unknown command: " + shown(String.join(" ", words)), EXPECTED);
    }

    private static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= MOST_SHOWN ? line : line.substring(0, MOST_SHOWN) + "...";
    }
}
