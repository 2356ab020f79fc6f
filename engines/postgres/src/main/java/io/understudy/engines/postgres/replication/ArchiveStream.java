package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.CopyData;
import io.understudy.protocol.postgres.CopyDone;
import io.understudy.protocol.postgres.Octets;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** The one tar archive of a backup, as a stream. Used by one thread. */
final class ArchiveStream extends InputStream {
    /** How the archive's bytes travel. */
    enum Framing {
        /** Each message is a piece of the archive: 14. */
        BARE,
        /** The first byte of each message says what it is: 15 and later. */
        TYPED
    }

    private static final byte NEW_ARCHIVE = 'n';
    private static final byte DATA = 'd';
    private static final byte PROGRESS = 'p';

    private final ReplicationConnection connection;
    private final Framing framing;
    private final CloneListener listener;
    private final long estimatedBytes;

    private Octets piece = Octets.EMPTY;
    private int position;
    private boolean ended;
    private int archives;
    private long copiedBytes;
    private long reportedBytes;

    ArchiveStream(ReplicationConnection connection, Framing framing, CloneListener listener, long estimatedBytes) {
        this.connection = connection;
        this.framing = framing;
        this.listener = listener;
        this.estimatedBytes = estimatedBytes;
        report();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        while (position == piece.length()) {
            if (ended) {
                return -1;
            }
            advance();
        }
        int count = Math.min(length, piece.length() - position);
        piece.copyTo(position, target, offset, count);
        position += count;
        return count;
    }

    /** Reads to the end of the copy, past the padding of the archive; returns how much there was. */
    long drain() throws ReplicationException {
        while (!ended) {
            advance();
        }
        report();
        return copiedBytes;
    }

    private void advance() throws ReplicationException {
        switch (connection.next(connection.source().readTimeout())) {
            case CopyData(Octets data) -> accept(data);
            case CopyDone _ -> ended = true;
            case BackendMessage other ->
                throw connection.unexpected(other.getClass().getSimpleName() + " within a backup");
        }
    }

    private void accept(Octets data) throws ReplicationException {
        if (framing == Framing.BARE) {
            archive(data);
            return;
        }
        if (data.length() == 0) {
            throw connection.unexpected("an empty message within a backup");
        }
        switch (data.at(0)) {
            case NEW_ARCHIVE -> {
                if (++archives > 1) {
                    throw connection.unexpected("a second archive within a backup of one directory");
                }
            }
            case DATA -> archive(data.slice(1, data.length() - 1));
            case PROGRESS -> {
                // The bytes are counted here as they arrive.
            }
            default ->
                throw connection.unexpected(
                        "a message of type %d within a backup, expected n, d or p".formatted(data.at(0)));
        }
    }

    private void archive(Octets data) {
        piece = data;
        position = 0;
        copiedBytes += data.length();
        if (copiedBytes - reportedBytes >= BaseBackup.PROGRESS_STEP_BYTES) {
            report();
        }
    }

    private void report() {
        reportedBytes = copiedBytes;
        listener.copied(copiedBytes, Math.max(copiedBytes, estimatedBytes));
    }
}
