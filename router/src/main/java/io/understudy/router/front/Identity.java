package io.understudy.router.front;

import io.understudy.protocol.postgres.ScramKeys;
import java.util.Optional;

/**
 * A client that was let in.
 *
 * @param user the role it logged in as
 * @param keys what its SCRAM proof gave away, to log in at servers with; empty when it was let in without a password. They are the
 *     receiver's from {@link Reception#admitted} on: it closes them when the client left, and hands {@link ScramKeys#copy copies} to whatever
 *     may outlive the client
 */
public record Identity(String user, Optional<ScramKeys> keys) {}
