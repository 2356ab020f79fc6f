package io.understudy.router.admin;

import io.understudy.router.admin.ClientMessage.MalformedException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prepared statements and portals of one operator. Neither has parameters. Owned by the event loop. */
final class Extended {
    /** The most statements, and the most portals. */
    static final int MOST = 100;

    /** Empty text is prepared as no command. */
    private record Statement(@Nullable Command command) {}

    /** What a statement is executed by; its rows are read when it first is. */
    static final class Portal {
        private final Statement statement;
        private final Formats formats;
        private @Nullable List<List<@Nullable String>> lines;
        private int told;

        private Portal(Statement statement, Formats formats) {
            this.statement = statement;
            this.formats = formats;
        }

        /** Null for no command. */
        @Nullable
        Command command() {
            return statement.command;
        }
    }

    private final Operations operations;
    private final Answers answers;
    private final Map<String, Statement> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();

    Extended(Operations operations, Answers answers) {
        this.operations = operations;
        this.answers = answers;
    }

    void parse(ClientMessage message) throws MalformedException, CommandException {
        String name = message.text();
        List<Command> commands = CommandParser.parse(message.text());
        if (commands.size() > 1) {
            throw new CommandException(
                    "42601",
                    "cannot insert multiple commands into a prepared statement: found " + commands.size(),
                    "Prepare them one by one, or send them as a simple query.");
        }
        if (message.int2() != 0) {
            throw noParameters();
        }
        if (!name.isEmpty() && statements.containsKey(name)) {
            throw new CommandException("42P05", "prepared statement \"%s\" already exists".formatted(name), "");
        }
        bounded(statements, name, "prepared statements");
        statements.put(name, new Statement(commands.isEmpty() ? null : commands.getFirst()));
        answers.empty('1');
    }

    void bind(ClientMessage message) throws MalformedException, CommandException {
        String portal = message.text();
        Statement statement = statement(message.text());
        message.formats();
        if (message.int2() != 0) {
            throw noParameters();
        }
        if (!portal.isEmpty() && portals.containsKey(portal)) {
            throw new CommandException("42P03", "portal \"%s\" already exists".formatted(portal), "");
        }
        bounded(portals, portal, "portals");
        portals.put(portal, new Portal(statement, message.formats()));
        answers.empty('2');
    }

    void describe(ClientMessage message) throws MalformedException, CommandException {
        char kind = message.character();
        String name = message.text();
        Statement statement;
        Formats formats = Formats.TEXT;
        if (kind == 'S') {
            statement = statement(name);
            answers.noParameters();
        } else {
            Portal portal = portal(name);
            statement = portal.statement;
            formats = portal.formats;
        }
        if (statement.command instanceof Command.Show(Command.Subject subject)) {
            answers.columns(Tables.of(subject), formats);
        } else {
            answers.empty('n');
        }
    }

    void close(ClientMessage message) throws MalformedException {
        if (message.character() == 'S') {
            statements.remove(message.text());
        } else {
            portals.remove(message.text());
        }
        answers.empty('3');
    }

    /** What an Execute is about. */
    Portal portal(String name) throws CommandException {
        Portal portal = portals.get(name);
        if (portal == null) {
            throw new CommandException("34000", "portal \"%s\" does not exist".formatted(name), "");
        }
        return portal;
    }

    /** Tells rows, at most so many if that is not 0. */
    void rows(Portal portal, Command.Subject subject, int most) {
        Table<?> table = Tables.of(subject);
        List<List<@Nullable String>> lines = portal.lines;
        if (lines == null) {
            lines = table.lines(operations);
            portal.lines = lines;
        }
        int end = most <= 0 ? lines.size() : Math.min(lines.size(), portal.told + most);
        for (; portal.told < end; portal.told++) {
            answers.row(table, lines.get(portal.told), portal.formats);
        }
        if (most > 0 && portal.told < lines.size()) {
            answers.empty('s');
        } else {
            answers.complete("SHOW");
        }
    }

    /** Portals end with the transaction. */
    void synced() {
        portals.clear();
    }

    /** A simple query, and a Sync, ends what has no name. */
    void simpleQuery() {
        statements.remove("");
        portals.clear();
    }

    private Statement statement(String name) throws CommandException {
        Statement statement = statements.get(name);
        if (statement == null) {
            throw new CommandException("26000", "prepared statement \"%s\" does not exist".formatted(name), "");
        }
        return statement;
    }

    private static void bounded(Map<String, ?> named, String name, String what) throws CommandException {
        if (named.size() >= MOST && !named.containsKey(name)) {
            throw new CommandException("53400", "more than %d %s in one session".formatted(MOST, what), "Close some.");
        }
    }

    private static CommandException noParameters() {
        return new CommandException(
                "08P01", "commands to the router have no parameters", "Write the database's name into the command.");
    }
}
