package io.understudy.engines.postgres.files;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What {@code global/pg_control} says. Read of a stopped server it is exact; a running one rewrites it in a single sector,
 * so a read may be up to a checkpoint old but is never torn. Written after {@code catalog/pg_control.h}.
 *
 * @param majorVersion as in {@code PG_VERSION}, 14 to 18
 * @param systemIdentifier unsigned; one per initialised database, shared by every clone of it
 * @param checkpoint where the latest checkpoint record starts
 * @param checkpointTimeline the timeline that record is on
 * @param redo where recovery starts reading: always the start of a record
 * @param nextTransactionId of the latest checkpoint, all 64 bits
 * @param minRecoveryPoint how far recovery must get before the data is consistent; absent on a primary
 * @param segmentBytes size of a log file
 * @param blockBytes size of a page of the log
 */
public record ControlFile(
        int majorVersion,
        long systemIdentifier,
        State state,
        Position checkpoint,
        TimelineId checkpointTimeline,
        Position redo,
        long nextTransactionId,
        Optional<RecoveryPoint> minRecoveryPoint,
        int segmentBytes,
        int blockBytes) {

    /** In which state the server last said it was. After a kill it still names what it was doing. */
    public enum State {
        STARTUP,
        SHUTDOWNED,
        SHUTDOWNED_IN_RECOVERY,
        SHUTDOWNING,
        IN_CRASH_RECOVERY,
        IN_ARCHIVE_RECOVERY,
        IN_PRODUCTION
    }

    /** A position and the timeline it is on. */
    public record RecoveryPoint(TimelineId timeline, Position position) {}

    private static final int MAX_FILE_BYTES = 8192;
    private static final int SMALLEST_SEGMENT = 1 << 20;
    private static final int LARGEST_SEGMENT = 1 << 30;
    private static final int SMALLEST_BLOCK = 1 << 10;
    private static final int LARGEST_BLOCK = 1 << 16;

    /**
     * Reads the control file.
     *
     * @throws DataDirectoryException when there is none, its version is not known or its checksum is wrong
     */
    public static ControlFile read(Path dataDirectory) throws IOException {
        ServerVersion version = ServerVersion.of(dataDirectory);
        Path file = dataDirectory.resolve("global").resolve("pg_control");
        ByteBuffer bytes = contents(file);
        if (bytes.limit() < version.controlChecksumOffset + 4) {
            throw new DataDirectoryException(file + " has " + bytes.limit() + " bytes, expected at least "
                    + (version.controlChecksumOffset + 4) + "; the data is damaged: clone this node again");
        }
        int controlVersion = bytes.getInt(8);
        if (controlVersion != version.controlVersion) {
            throw new DataDirectoryException(
                    file + " has control version " + controlVersion + ", expected "
                            + version.controlVersion + " for PostgreSQL " + version.major
                            + "; PG_VERSION and the control file are not of the same server, or the machine's byte order differs");
        }
        verifyChecksum(file, bytes, version);
        return decode(file, bytes, version);
    }

    private static ByteBuffer contents(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ByteBuffer.wrap(in.readNBytes(MAX_FILE_BYTES)).order(ByteOrder.nativeOrder());
        } catch (NoSuchFileException e) {
            throw new DataDirectoryException(
                    file + " does not exist; the data directory is incomplete: clone this node again", e);
        }
    }

    private static void verifyChecksum(Path file, ByteBuffer bytes, ServerVersion version) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, version.controlChecksumOffset));
        int stored = bytes.getInt(version.controlChecksumOffset);
        if ((int) crc.getValue() != stored) {
            throw new DataDirectoryException(
                    "%s has checksum %08X, its contents give %08X; the data is damaged: clone this node again"
                            .formatted(file, stored, (int) crc.getValue()));
        }
    }

    private static ControlFile decode(Path file, ByteBuffer bytes, ServerVersion version) throws IOException {
        int state = bytes.getInt(16);
        if (state < 0 || state >= State.values().length) {
            throw new DataDirectoryException(file + " has state " + state + ", expected 0 to "
                    + (State.values().length - 1) + "; use an Understudy that knows this server's version");
        }
        long minRecovery = bytes.getLong(136);
        ControlFile control = new ControlFile(
                Integer.parseInt(version.major),
                bytes.getLong(0),
                State.values()[state],
                new Position(bytes.getLong(32)),
                new TimelineId(bytes.getInt(48)),
                new Position(bytes.getLong(40)),
                bytes.getLong(64),
                minRecovery == 0
                        ? Optional.empty()
                        : Optional.of(new RecoveryPoint(new TimelineId(bytes.getInt(144)), new Position(minRecovery))),
                bytes.getInt(228),
                bytes.getInt(224));
        requirePowerOfTwo(file, "log segment size", control.segmentBytes, SMALLEST_SEGMENT, LARGEST_SEGMENT);
        requirePowerOfTwo(file, "log page size", control.blockBytes, SMALLEST_BLOCK, LARGEST_BLOCK);
        return control;
    }

    private static void requirePowerOfTwo(Path file, String what, int value, int from, int to) throws IOException {
        if (Integer.bitCount(value) != 1 || value < from || value > to) {
            throw new DataDirectoryException(
                    file + " has a " + what + " of " + value + ", expected a power of two from " + from + " to " + to
                            + "; use an Understudy that knows this server's version");
        }
    }

    /** Whether this was a primary that was stopped in order: nothing follows its shutdown checkpoint. */
    public boolean cleanlyStoppedPrimary() {
        return state == State.SHUTDOWNED;
    }

    /**
     * The timeline that recovery would start on: the newer one of the checkpoint's and the minimum recovery point's, as
     * {@code recovery_target_timeline = 'current'} means it. They differ after a promotion without a checkpoint since.
     */
    public TimelineId timeline() {
        return minRecoveryPoint
                .map(RecoveryPoint::timeline)
                .filter(newer -> newer.compareTo(checkpointTimeline) > 0)
                .orElse(checkpointTimeline);
    }

    /**
     * For a primary that was stopped in order, where its log ends: just behind the shutdown checkpoint's record. A replica
     * that holds this position holds everything. Empty for any other state.
     *
     * @throws DataDirectoryException when the state says "stopped in order" but the record is not in the log
     */
    public Optional<Position> cleanStopEnd(Path dataDirectory) throws IOException {
        if (!cleanlyStoppedPrimary()) {
            return Optional.empty();
        }
        return Optional.of(WalEnd.shutdownCheckpointEnd(dataDirectory, this));
    }
}
