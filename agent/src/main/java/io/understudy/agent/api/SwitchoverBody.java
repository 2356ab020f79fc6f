package io.understudy.agent.api;

import java.util.Optional;

/**
 * {@code POST /v1/switchover}. An empty body means any target.
 *
 * @param target the node that is to be primary, empty for any
 */
public record SwitchoverBody(Optional<String> target) {}
