package io.understudy.agent.api;

import java.util.Optional;

/**
 * Whether the answering node is the primary and open to clients, on its own word: what {@code /primary} says by its status.
 *
 * @param cluster its name
 * @param epoch of its tenure; empty when it is not
 * @param database {@code host:port} of its database, whether it is primary or not
 */
public record PrimaryView(int version, String cluster, String node, Optional<Long> epoch, String database) {}
