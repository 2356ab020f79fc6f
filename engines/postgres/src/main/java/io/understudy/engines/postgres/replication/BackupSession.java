package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.BaseBackup.Options;
import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.CommandComplete;
import io.understudy.protocol.postgres.BackendMessage.CopyOutResponse;
import io.understudy.protocol.postgres.BackendMessage.ReadyForQuery;
import io.understudy.protocol.postgres.DataRow;
import io.understudy.protocol.postgres.Lsn;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/** One BASE_BACKUP from the command to the renamed directory. */
final class BackupSession {
    /** The first version with one stream of typed messages and options in parentheses. */
    static final int TYPED_STREAM_VERSION = 15;

    private static final int SLOT_SUFFIX_BYTES = 6;
    private static final long BYTES_A_KIB = 1024;

    private final ReplicationConnection connection;
    private final Options options;
    private final CloneDirectory directory;
    private final Duration readTimeout;

    BackupSession(ReplicationConnection connection, Options options, CloneDirectory directory) {
        this.connection = connection;
        this.options = options;
        this.directory = directory;
        this.readTimeout = connection.source().readTimeout();
    }

    private record Position(Lsn lsn, int timeline) {}

    ClonedData run() throws IOException {
        SystemIdentity identity = connection.identifySystem();
        options.expected().check(connection.source().address(), identity);
        options.listener().connected(identity);
        holdLog();

        connection.send(command(connection.majorVersion(), options));
        Position start = position(connection.resultSet(options.checkpointTimeout()));
        long estimatedBytes = onlyDataDirectory(connection.resultSet(readTimeout));
        directory.checkSpace(estimatedBytes);
        options.listener().started(start.lsn(), start.timeline(), estimatedBytes);

        directory.createPartial(options.owner());
        long copiedBytes = copy(estimatedBytes);
        Position end = position(connection.resultSet(readTimeout));
        finish();

        options.listener().syncing();
        directory.complete();
        return new ClonedData(directory.target(), identity, start.timeline(), start.lsn(), end.lsn(), copiedBytes);
    }

    /** Without a slot a busy server recycles the log of the backup before the backup gets to it. */
    private void holdLog() throws ReplicationException {
        byte[] suffix = new byte[SLOT_SUFFIX_BYTES];
        new SecureRandom().nextBytes(suffix);
        connection.createTemporarySlot("understudy_clone_" + HexFormat.of().formatHex(suffix));
    }

    static String command(int majorVersion, Options options) {
        String label = "LABEL '" + options.label().replace("'", "''") + "'";
        if (majorVersion < TYPED_STREAM_VERSION) {
            String rate = options.rateKib() == Options.UNLIMITED ? "" : " MAX_RATE " + options.rateKib();
            return "BASE_BACKUP " + label + " PROGRESS FAST WAL NOWAIT" + rate;
        }
        String rate = options.rateKib() == Options.UNLIMITED ? "" : ", MAX_RATE " + options.rateKib();
        return "BASE_BACKUP (" + label + ", PROGRESS, CHECKPOINT 'fast', WAL, WAIT 'false', MANIFEST 'no'" + rate + ")";
    }

    private Position position(List<DataRow> rows) throws ReplicationException {
        if (rows.size() != 1) {
            throw connection.unexpected("%d positions, expected 1".formatted(rows.size()));
        }
        DataRow row = rows.getFirst();
        return new Position(
                connection.position(connection.text(row, 0, "position")),
                connection.timeline(connection.text(row, 1, "timeline")));
    }

    /** The estimated size; refuses data that lies in more than the data directory. */
    private long onlyDataDirectory(List<DataRow> tablespaces) throws ReplicationException {
        long kib = 0;
        for (DataRow row : tablespaces) {
            if (row.columns().getFirst() != null) {
                throw new ReplicationException(
                        Kind.UNSUPPORTED,
                        "PostgreSQL at %s has the tablespace %s at '%s': only data without tablespaces of its own can be cloned; move its tables to pg_default and drop it"
                                .formatted(
                                        connection.source().address(),
                                        row.text(0).orElse("?"),
                                        row.text(1).orElse("?")));
            }
            kib += size(connection.text(row, 2, "size"));
        }
        return kib * BYTES_A_KIB;
    }

    private long size(String text) throws ReplicationException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw connection.unexpected("'%s' as a size, expected a number".formatted(text));
        }
    }

    private long copy(long estimatedBytes) throws IOException {
        if (!(connection.next(readTimeout) instanceof CopyOutResponse)) {
            throw connection.unexpected("no data in answer to BASE_BACKUP");
        }
        ArchiveStream.Framing framing = connection.majorVersion() < TYPED_STREAM_VERSION
                ? ArchiveStream.Framing.BARE
                : ArchiveStream.Framing.TYPED;
        ArchiveStream stream = new ArchiveStream(connection, framing, options.listener(), estimatedBytes);
        new ArchiveExtractor(directory.partial(), options.owner()).extract(stream);
        return stream.drain();
    }

    private void finish() throws ReplicationException {
        while (true) {
            switch (connection.next(readTimeout)) {
                case CommandComplete _ -> {}
                case ReadyForQuery _ -> {
                    return;
                }
                case BackendMessage other ->
                    throw connection.unexpected(other.getClass().getSimpleName() + " after the end of the backup");
            }
        }
    }
}
