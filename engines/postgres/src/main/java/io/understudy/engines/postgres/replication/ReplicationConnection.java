package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.CommandComplete;
import io.understudy.protocol.postgres.BackendMessage.ErrorResponse;
import io.understudy.protocol.postgres.BackendMessage.NoticeResponse;
import io.understudy.protocol.postgres.BackendMessage.ParameterStatus;
import io.understudy.protocol.postgres.BackendMessage.ReadyForQuery;
import io.understudy.protocol.postgres.DataRow;
import io.understudy.protocol.postgres.FrontendMessage.Query;
import io.understudy.protocol.postgres.FrontendMessage.Terminate;
import io.understudy.protocol.postgres.Lsn;
import io.understudy.protocol.postgres.MessageFields;
import io.understudy.protocol.postgres.RowDescription;
import io.understudy.protocol.postgres.ScramSha256;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a server's WAL sender. Commands block, each for at most the source's read timeout of silence, and end
 * early when the thread is interrupted. Used by one thread; {@link #close} by any, which ends a command under way. After an
 * error of kind REFUSED the connection can be used further, after any other it can not.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">Streaming Replication Protocol</a>
 */
public final class ReplicationConnection implements AutoCloseable {
    /** The oldest major version supported. */
    public static final int OLDEST_MAJOR_VERSION = 14;

    private static final Logger log = LoggerFactory.getLogger(ReplicationConnection.class);
    private static final int MAX_ROWS = 100_000;

    /** What a failed command may still have to say before the server is ready again. */
    private static final int MAX_DISCARDED = 100_000;

    private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");
    private static final Pattern MAJOR_VERSION = Pattern.compile("([0-9]{1,4}).*");

    private final ReplicationSource source;
    private final Wire wire;
    private final String serverVersion;
    private final int majorVersion;

    private ReplicationConnection(ReplicationSource source, Wire wire, String serverVersion)
            throws ReplicationException {
        this.source = source;
        this.wire = wire;
        this.serverVersion = serverVersion;
        this.majorVersion = majorVersion(serverVersion);
    }

    /** Connects and logs in. */
    public static ReplicationConnection open(ReplicationSource source) throws ReplicationException {
        long startNanos = System.nanoTime();
        Wire wire = Wire.connect(source);
        try {
            Map<String, String> parameters =
                    new Login(source, Login.REPLICATION, new ScramSha256.Memo(), wire, startNanos).run();
            return new ReplicationConnection(source, wire, parameters.getOrDefault("server_version", ""));
        } catch (ReplicationException | RuntimeException e) {
            wire.close();
            throw e;
        }
    }

    /** The server's identifier, version, timeline and position. */
    public SystemIdentity identifySystem() throws ReplicationException {
        DataRow row = onlyRow("IDENTIFY_SYSTEM");
        return new SystemIdentity(
                text(row, 0, "system identifier"),
                timeline(text(row, 1, "timeline")),
                position(text(row, 2, "position")),
                serverVersion,
                majorVersion);
    }

    /**
     * Creates a physical slot that keeps log from now on.
     *
     * @throws ReplicationException kind REFUSED, SQLSTATE 42710, when it exists
     */
    public void createPhysicalSlot(String name) throws ReplicationException {
        rows("CREATE_REPLICATION_SLOT \"%s\" PHYSICAL RESERVE_WAL".formatted(slotName(name)));
    }

    /** Creates a physical slot that keeps log from now on and goes with this connection. */
    void createTemporarySlot(String name) throws ReplicationException {
        rows("CREATE_REPLICATION_SLOT \"%s\" TEMPORARY PHYSICAL RESERVE_WAL".formatted(slotName(name)));
    }

    /**
     * Drops a slot.
     *
     * @throws ReplicationException kind REFUSED, SQLSTATE 42704, when there is none; 55006 when it is in use
     */
    public void dropSlot(String name) throws ReplicationException {
        rows("DROP_REPLICATION_SLOT \"%s\"".formatted(slotName(name)));
    }

    /**
     * What a timeline descends from. Timeline 1 has no history file, so its history is empty.
     *
     * @throws ReplicationException kind REFUSED, SQLSTATE 58P01, when the server has no such timeline
     */
    public TimelineHistory timelineHistory(int timeline) throws ReplicationException {
        if (timeline == 1) {
            return TimelineHistory.parse(timeline, "");
        }
        String content = text(onlyRow("TIMELINE_HISTORY " + Integer.toUnsignedString(timeline)), 1, "history");
        try {
            return TimelineHistory.parse(timeline, content);
        } catch (IllegalArgumentException e) {
            throw unexpected(String.valueOf(e.getMessage()));
        }
    }

    int majorVersion() {
        return majorVersion;
    }

    ReplicationSource source() {
        return source;
    }

    void send(String command) throws ReplicationException {
        wire.send(new Query(command));
    }

    /** The next message that belongs to the command under way; an error ends the command and is thrown. */
    BackendMessage next(Duration silence) throws ReplicationException {
        while (true) {
            BackendMessage message = wire.receive(silence);
            switch (message) {
                case NoticeResponse(MessageFields fields) -> log.info("{} says {}", source.address(), fields);
                case ParameterStatus _ -> {}
                case ErrorResponse(MessageFields fields) -> throw refused(fields, silence);
                default -> {
                    return message;
                }
            }
        }
    }

    /** The rows of one result set of a command under way. */
    List<DataRow> resultSet(Duration silence) throws ReplicationException {
        List<DataRow> rows = new ArrayList<>();
        while (true) {
            switch (next(silence)) {
                case RowDescription _ -> {}
                case DataRow row -> add(rows, row);
                case CommandComplete _ -> {
                    return rows;
                }
                case BackendMessage other ->
                    throw unexpected("%s within rows".formatted(other.getClass().getSimpleName()));
            }
        }
    }

    ReplicationException unexpected(String what) {
        return new ReplicationException(
                Kind.PROTOCOL, "PostgreSQL %s at %s sent %s".formatted(serverVersion, source.address(), what));
    }

    Lsn position(String text) throws ReplicationException {
        try {
            return Lsn.parse(text);
        } catch (IllegalArgumentException e) {
            throw unexpected(String.valueOf(e.getMessage()));
        }
    }

    int timeline(String text) throws ReplicationException {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw unexpected("'%s' as a timeline, expected a number".formatted(text));
        }
    }

    String text(DataRow row, int column, String what) throws ReplicationException {
        if (column < row.columns().size()) {
            String text = row.text(column).orElse(null);
            if (text != null) {
                return text;
            }
        }
        throw unexpected("a row without the %s".formatted(what));
    }

    private List<DataRow> rows(String command) throws ReplicationException {
        send(command);
        List<DataRow> rows = new ArrayList<>();
        while (true) {
            switch (next(source.readTimeout())) {
                case RowDescription _, CommandComplete _ -> {}
                case DataRow row -> add(rows, row);
                case ReadyForQuery _ -> {
                    return rows;
                }
                case BackendMessage other ->
                    throw unexpected(
                            "%s in answer to %s".formatted(other.getClass().getSimpleName(), command));
            }
        }
    }

    private DataRow onlyRow(String command) throws ReplicationException {
        List<DataRow> rows = rows(command);
        if (rows.size() != 1) {
            throw unexpected("%d rows in answer to %s, expected 1".formatted(rows.size(), command));
        }
        return rows.getFirst();
    }

    private void add(List<DataRow> rows, DataRow row) throws ReplicationException {
        if (rows.size() == MAX_ROWS) {
            throw unexpected("more than %d rows".formatted(MAX_ROWS));
        }
        rows.add(row);
    }

    /** Reads on to where the next command may begin, unless the server hangs up. */
    private ReplicationException refused(MessageFields fields, Duration silence) throws ReplicationException {
        if (fields.severity().equals("ERROR")) {
            for (int i = 0; !(wire.receive(silence) instanceof ReadyForQuery); i++) {
                if (i == MAX_DISCARDED) {
                    throw unexpected("more than %d messages after an error".formatted(MAX_DISCARDED));
                }
            }
            return new ReplicationException(Kind.REFUSED, "PostgreSQL at " + source.address() + " refused", fields);
        }
        return new ReplicationException(Kind.CONNECTION_LOST, "PostgreSQL at " + source.address() + " hung up", fields);
    }

    private int majorVersion(String version) throws ReplicationException {
        var matcher = MAJOR_VERSION.matcher(version);
        int major = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        if (major < OLDEST_MAJOR_VERSION) {
            throw new ReplicationException(
                    Kind.UNSUPPORTED,
                    "PostgreSQL at %s is version '%s', expected %d or later"
                            .formatted(source.address(), version, OLDEST_MAJOR_VERSION));
        }
        return major;
    }

    private static String slotName(String name) {
        if (!SLOT_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("slot name is '%s', expected 1 to 63 of a-z, 0-9 and _".formatted(name));
        }
        return name;
    }

    /** Says goodbye and closes. */
    @Override
    public void close() {
        try {
            wire.send(new Terminate());
        } catch (ReplicationException e) {
            log.debug("{} is gone before the goodbye", source.address(), e);
        } finally {
            wire.close();
        }
    }
}
