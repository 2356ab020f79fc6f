package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.Lsn;

/**
 * Who a server says it is.
 *
 * @param systemIdentifier given when the data directory was initialised; the same on a primary and all its replicas
 * @param timeline its current timeline
 * @param flushed how far its log is on disk; on a replica, how far it was received or replayed
 * @param serverVersion its version as it writes it, as {@code 18.1}
 * @param majorVersion the major part of that
 */
public record SystemIdentity(
        String systemIdentifier, int timeline, Lsn flushed, String serverVersion, int majorVersion) {}
