package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import org.jspecify.annotations.Nullable;

/** Which server is acceptable as the source of a clone. */
public final class ExpectedSource {
    /** Any server of a supported version. */
    public static final ExpectedSource ANY = new ExpectedSource(null, 0);

    private final @Nullable String systemIdentifier;
    private final int majorVersion;

    private ExpectedSource(@Nullable String systemIdentifier, int majorVersion) {
        this.systemIdentifier = systemIdentifier;
        this.majorVersion = majorVersion;
    }

    /** A server of any cluster, of this major version: the one whose programs will run the clone. */
    public static ExpectedSource version(int majorVersion) {
        return new ExpectedSource(null, majorVersion);
    }

    /** A server of the cluster with this system identifier and major version. */
    public static ExpectedSource cluster(String systemIdentifier, int majorVersion) {
        return new ExpectedSource(systemIdentifier, majorVersion);
    }

    void check(String address, SystemIdentity found) throws ReplicationException {
        if (systemIdentifier != null && !systemIdentifier.equals(found.systemIdentifier())) {
            throw new ReplicationException(
                    Kind.WRONG_SOURCE,
                    "PostgreSQL at %s has system identifier %s, expected %s: it belongs to another cluster; check host and port"
                            .formatted(address, found.systemIdentifier(), systemIdentifier));
        }
        if (majorVersion != 0 && majorVersion != found.majorVersion()) {
            throw new ReplicationException(
                    Kind.WRONG_SOURCE,
                    "PostgreSQL at %s is version %s, expected %d: data can be cloned only between servers of one major version"
                            .formatted(address, found.serverVersion(), majorVersion));
        }
    }
}
