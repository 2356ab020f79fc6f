package io.understudy.core.command;

import java.time.Instant;
import java.util.List;

/**
 * Commands that are applied together or not at all, and only to the state they were decided on.
 *
 * @param version the ledger's version they were decided on
 * @param rule the id of the rule that decided, or {@code operator}
 * @param reason in words
 * @param at wall clock of whoever decided, for people only
 */
public record Proposal(long version, List<Command> commands, String rule, String reason, Instant at) {

    public Proposal {
        commands = List.copyOf(commands);
    }
}
