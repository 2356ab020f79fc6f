package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.engines.postgres.files.WalRecords.End;
import io.understudy.engines.postgres.files.WalRecords.Outcome;
import io.understudy.engines.postgres.files.WalRecords.Read;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the valid log on disk ends, found as recovery finds it: record by record until one is not valid. A server that is
 * started on these files without anybody to stream from replays exactly up to {@code position}
 * ({@code pg_last_wal_replay_lsn()}). The files are not changed; the server should be stopped, or not receive, because a
 * growing log has no end.
 *
 * @param position just behind the last valid record; the start of the next page, not behind its header, when the record
 *     fills its page
 * @param timeline of the page with the last valid record; the one that was asked for, or one it descends from
 * @param records how many there are from the start of the walk
 * @param reason why the log ends there, for people
 */
public record WalEnd(Position position, TimelineId timeline, long records, String reason) {

    /**
     * Walks from where recovery would start, on the timeline it would start on.
     *
     * @throws DataDirectoryException when the directory is an unfinished clone, or the log does not even hold what the
     *     control file says
     */
    public static WalEnd find(Path dataDirectory) throws IOException {
        ControlFile control = ControlFile.read(dataDirectory);
        Path label = dataDirectory.resolve("backup_label");
        if (Files.exists(label)) {
            throw new DataDirectoryException(label + " exists: this is a clone that was never started, the position of"
                    + " its data is not known; start it as a replica, or clone it again");
        }
        return find(dataDirectory, control.timeline(), control.redo());
    }

    /**
     * Walks from a known start.
     *
     * @param timeline whose log it is; its history in {@code pg_wal} says which older timelines lead to it
     * @param from the start of a record
     * @throws DataDirectoryException when there is no valid record at {@code from}
     */
    public static WalEnd find(Path dataDirectory, TimelineId timeline, Position from) throws IOException {
        try (WalRecords records = open(dataDirectory, ControlFile.read(dataDirectory), timeline)) {
            long position = from.value();
            TimelineId found = timeline;
            // Ends with the files: every record read is behind the one before.
            for (long count = 0; ; count++) {
                Outcome outcome = records.read(position);
                if (outcome instanceof End end) {
                    return count > 0
                            ? new WalEnd(new Position(position), found, count, end.reason())
                            : refuse(dataDirectory, timeline, from, end.reason());
                }
                position = ((Read) outcome).end();
                found = records.pages().timeline();
            }
        }
    }

    private static WalEnd refuse(Path dataDirectory, TimelineId timeline, Position from, String reason)
            throws DataDirectoryException {
        throw new DataDirectoryException("No log at " + from + " of timeline " + timeline + " in " + dataDirectory
                + ": " + reason + "; recovery would fail: clone this node again");
    }

    static Position shutdownCheckpointEnd(Path dataDirectory, ControlFile control) throws IOException {
        try (WalRecords records = open(dataDirectory, control, control.checkpointTimeline())) {
            return switch (records.read(control.checkpoint().value())) {
                case Read record
                when record.manager() == WalRecords.LOG_MANAGER && record.info() == WalRecords.SHUTDOWN_CHECKPOINT ->
                    new Position(record.end());
                case Read record ->
                    throw noShutdownCheckpoint(
                            dataDirectory,
                            control,
                            "a record of manager %d, info %02X".formatted(record.manager(), record.info()));
                case End end -> throw noShutdownCheckpoint(dataDirectory, control, end.reason());
            };
        }
    }

    private static DataDirectoryException noShutdownCheckpoint(Path dataDirectory, ControlFile control, String found) {
        return new DataDirectoryException(dataDirectory + " was stopped in order, but at " + control.checkpoint()
                + ", where its" + " shutdown checkpoint should be, there is: " + found
                + "; recovery would fail: clone it again");
    }

    private static WalRecords open(Path dataDirectory, ControlFile control, TimelineId timeline) throws IOException {
        WalFormat format = WalFormat.of(ServerVersion.of(dataDirectory), control);
        return new WalRecords(dataDirectory, format, TimelineHistory.read(dataDirectory, timeline));
    }
}
