package io.understudy.router.back;

import io.understudy.core.cluster.Endpoint;
import io.understudy.protocol.postgres.ScramKeys;
import java.util.Map;
import java.util.Optional;

/**
 * Where to log in and as whom.
 *
 * @param keys empty when the server must ask for none
 * @param settings further start-up parameters
 */
public record Destination(
        Endpoint server, String user, String database, Optional<ScramKeys> keys, Map<String, String> settings) {}
