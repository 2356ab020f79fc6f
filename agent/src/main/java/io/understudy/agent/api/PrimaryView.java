package io.understudy.agent.api;

import java.util.Optional;

/**
 * Whether the answering node is the primary and open to clients, on its own word: what {@code /primary} says by its status.
 *
 * @param epoch of its tenure; empty when it is not
 */
public record PrimaryView(int version, String node, Optional<Long> epoch) {}
