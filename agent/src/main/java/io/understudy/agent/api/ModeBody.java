package io.understudy.agent.api;

import java.util.Optional;

/**
 * {@code POST /v1/mode}.
 *
 * @param mode {@code async}, {@code semi-sync} or {@code sync}
 * @param confirmations how many must confirm in {@code semi-sync}; empty leaves it as it is
 */
public record ModeBody(String mode, Optional<Integer> confirmations) {}
