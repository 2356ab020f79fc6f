package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.Lsn;
import java.nio.file.Path;

/**
 * A finished clone: on disk, complete, and with the log it needs to become consistent.
 *
 * @param directory where it is
 * @param source the server it came from
 * @param timeline the timeline it was taken on
 * @param start the position its recovery starts at
 * @param end the position from which on it is consistent
 * @param copiedBytes how much was copied
 */
public record ClonedData(Path directory, SystemIdentity source, int timeline, Lsn start, Lsn end, long copiedBytes) {}
