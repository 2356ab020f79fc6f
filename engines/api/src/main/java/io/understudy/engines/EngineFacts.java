package io.understudy.engines;

import java.util.OptionalLong;

/**
 * What an engine can say of itself without looking.
 *
 * @param version of the database, for example {@code PostgreSQL 18.1}
 * @param guardPid of the guard, empty when none runs
 * @param serverPid of the server's first process, empty when none runs
 */
public record EngineFacts(String version, OptionalLong guardPid, OptionalLong serverPid) {

    /** Of an engine that does not say. */
    public static final EngineFacts UNKNOWN = new EngineFacts("unknown", OptionalLong.empty(), OptionalLong.empty());
}
