package io.understudy.cli.node;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** One line an event on standard error: time, level unless it is INFO, message. What Ratis tells itself is left out. */
final class OneLineFormat extends Formatter {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** Kept: java.util.logging forgets the level of a logger that nobody holds. */
    private static final Logger OURS = Logger.getLogger("io.understudy");

    private static final Logger RATIS = Logger.getLogger("org.apache.ratis");

    /** Sets up logging for this process. */
    static void install() {
        LogManager.getLogManager().reset();
        ConsoleHandler handler = new ConsoleHandler();
        handler.setFormatter(new OneLineFormat());
        handler.setLevel(Level.ALL);
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        root.setLevel(Level.WARNING);
        OURS.setLevel(Level.INFO);
        RATIS.setLevel(Level.OFF);
    }

    @Override
    public String format(LogRecord entry) {
        StringBuilder line = new StringBuilder(TIME.format(entry.getInstant())).append(' ');
        if (entry.getLevel().intValue() != Level.INFO.intValue()) {
            line.append(entry.getLevel().getName()).append(' ');
        }
        line.append(formatMessage(entry)).append('\n');
        if (entry.getThrown() != null) {
            StringWriter trace = new StringWriter();
            entry.getThrown().printStackTrace(new PrintWriter(trace));
            line.append(trace);
        }
        return line.toString();
    }
}
