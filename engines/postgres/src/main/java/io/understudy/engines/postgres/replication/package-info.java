/**
 * A small blocking client of PostgreSQL's replication protocol: who a server is, its slots and timelines, and a clone of its
 * data directory.
 */
@NullMarked
package io.understudy.engines.postgres.replication;

import org.jspecify.annotations.NullMarked;
