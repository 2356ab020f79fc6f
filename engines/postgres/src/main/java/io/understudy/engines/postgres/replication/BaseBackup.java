package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Clones a server's data directory over the replication protocol, from PostgreSQL 14 on; immutable, each method returns a
 * changed copy.
 *
 * <p>The clone holds the log it needs, so it can be started without the source. It holds no {@code standby.signal}: a server
 * started on it as it is becomes a primary, so write that file first. It is built in a directory beside its target (see
 * {@link #partialOf}) and renamed when it is complete and on disk; whatever ends it earlier, the target is untouched and the
 * partial directory says so by its name. While it runs it takes one of the source's {@code max_wal_senders} and one of its
 * {@code max_replication_slots}, for a temporary slot that keeps the log of the backup.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">BASE_BACKUP</a>
 */
public final class BaseBackup {
    /** How often a listener hears of progress. */
    public static final long PROGRESS_STEP_BYTES = 1 << 20;

    /** How long the checkpoint at the start may take unless said otherwise. */
    public static final Duration DEFAULT_CHECKPOINT_TIMEOUT = Duration.ofMinutes(10);

    /** The least a server accepts as a rate. */
    public static final int MIN_RATE_KIB = 32;

    /** The most a server accepts as a rate. */
    public static final int MAX_RATE_KIB = 1 << 20;

    final ReplicationSource source;
    final Options options;

    /**
     * What can be chosen.
     *
     * @param rateKib kibibytes a second, {@link #UNLIMITED} for no limit
     */
    record Options(
            String label,
            int rateKib,
            Duration checkpointTimeout,
            FileOwner owner,
            ExpectedSource expected,
            CloneListener listener) {
        static final int UNLIMITED = 0;

        Options {
            if (label.isEmpty() || label.length() > 1024 || label.chars().anyMatch(c -> c < ' ')) {
                throw new IllegalArgumentException(
                        "label is '%s', expected 1 to 1024 characters on one line".formatted(label));
            }
            if (rateKib != UNLIMITED && (rateKib < MIN_RATE_KIB || rateKib > MAX_RATE_KIB)) {
                throw new IllegalArgumentException(
                        "rate is %d KiB/s, expected %d to %d".formatted(rateKib, MIN_RATE_KIB, MAX_RATE_KIB));
            }
        }
    }

    private BaseBackup(ReplicationSource source, Options options) {
        this.source = source;
        this.options = options;
    }

    /** A clone of this server, at full speed, owned by this process's user, whatever server it is. */
    public static BaseBackup from(ReplicationSource source) {
        return new BaseBackup(
                source,
                new Options(
                        "understudy clone",
                        Options.UNLIMITED,
                        DEFAULT_CHECKPOINT_TIMEOUT,
                        FileOwner.PROCESS,
                        ExpectedSource.ANY,
                        CloneListener.NONE));
    }

    /** Under this label, which the clone's {@code backup_label} repeats. */
    public BaseBackup labelled(String label) {
        return with(new Options(
                label, options.rateKib, options.checkpointTimeout, options.owner, options.expected, options.listener));
    }

    /** At no more than so many kibibytes a second, {@link #MIN_RATE_KIB} to {@link #MAX_RATE_KIB}, log included. */
    public BaseBackup limitedTo(int kibPerSecond) {
        return with(new Options(
                options.label,
                kibPerSecond,
                options.checkpointTimeout,
                options.owner,
                options.expected,
                options.listener));
    }

    /** With this bound on the checkpoint, during which the server is silent. */
    public BaseBackup withCheckpointTimeout(Duration timeout) {
        return with(new Options(
                options.label, options.rateKib, timeout, options.owner, options.expected, options.listener));
    }

    /** With files owned by this user. */
    public BaseBackup ownedBy(FileOwner owner) {
        return with(new Options(
                options.label, options.rateKib, options.checkpointTimeout, owner, options.expected, options.listener));
    }

    /** Only of this server. */
    public BaseBackup expecting(ExpectedSource expected) {
        return with(new Options(
                options.label, options.rateKib, options.checkpointTimeout, options.owner, expected, options.listener));
    }

    /** Telling this listener how it goes. */
    public BaseBackup reportingTo(CloneListener listener) {
        return with(new Options(
                options.label, options.rateKib, options.checkpointTimeout, options.owner, options.expected, listener));
    }

    private BaseBackup with(Options changed) {
        return new BaseBackup(source, changed);
    }

    /** Where the clone of {@code dataDirectory} is built until it is complete. */
    public static Path partialOf(Path dataDirectory) {
        Path absolute = dataDirectory.toAbsolutePath().normalize();
        return absolute.resolveSibling(absolute.getFileName() + ".clone-partial");
    }

    /**
     * Removes what an unfinished clone left. The next clone does it too; this is for giving the space back before.
     *
     * @throws ReplicationException kind TARGET when it can not be removed
     */
    public static void removePartial(Path dataDirectory) throws ReplicationException {
        new CloneDirectory(dataDirectory).removePartial();
    }

    /**
     * Clones into {@code dataDirectory}, which must not exist or be empty; its parent must exist. Blocks until done. One clone
     * into a directory at a time: a second one would remove the partial directory of the first.
     *
     * @throws ReplicationException with the reason; the target is then as it was
     */
    public ClonedData into(Path dataDirectory) throws ReplicationException {
        CloneDirectory directory = new CloneDirectory(dataDirectory);
        directory.checkTarget();
        try (ReplicationConnection connection = ReplicationConnection.open(source)) {
            return new BackupSession(connection, options, directory).run();
        } catch (ReplicationException e) {
            throw e;
        } catch (IOException e) {
            Kind kind = Thread.currentThread().isInterrupted() ? Kind.INTERRUPTED : Kind.TARGET;
            throw new ReplicationException(
                    kind, "the clone into %s could not be written: %s".formatted(dataDirectory, e), e);
        }
    }
}
