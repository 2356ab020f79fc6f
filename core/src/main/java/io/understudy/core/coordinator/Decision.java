package io.understudy.core.coordinator;

import io.understudy.core.command.Command;
import java.util.List;

/**
 * What the cluster does next and why.
 *
 * @param rule the id and name of the rule that decided
 * @param reason in words
 * @param commands to be applied together; empty when there is nothing to do but wait
 */
public record Decision(String rule, String reason, List<Command> commands) {

    public Decision {
        commands = List.copyOf(commands);
    }
}
