package io.understudy.cli;

import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.AgentUnreachableException;
import io.understudy.cli.api.KnownDemo;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.node.NodeFile;
import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** What the verbs for a running cluster have in common: whom to ask, and how to print. */
final class ClusterAccess {

    static final String VARIABLE = "UNDERSTUDY_API";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LONGEST_WAIT = Duration.ofDays(1);
    private static final JsonMapper JSON = io.understudy.agent.api.Api.json();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec mixee = CommandSpec.create();

    @Option(
            names = "--at",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "The API of any agent of the cluster; several are tried in order (default: " + VARIABLE
                    + ", else the agents of a demo that runs for this user).")
    private List<String> at = new ArrayList<>();

    @Option(names = "--json", description = "Print JSON, as the agent answered it.")
    private boolean json;

    /** One request to one agent. */
    interface Request<T> {
        T ask(AgentClient agent) throws IOException, RequestRefusedException;
    }

    boolean isJson() {
        return json;
    }

    PrintWriter out() {
        return mixee.commandLine().getOut();
    }

    PrintWriter err() {
        return mixee.commandLine().getErr();
    }

    /** Prints {@code value} as JSON, or {@code text}. */
    void print(Object value, List<String> text) {
        if (json) {
            out().println(JSON.writeValueAsString(value));
        } else {
            text.forEach(out()::println);
        }
        out().flush();
    }

    /** The first answer of an agent. */
    <T> T ask(Request<T> request) throws IOException, RequestRefusedException {
        List<String> attempts = new ArrayList<>();
        for (Endpoint address : addresses()) {
            try {
                return request.ask(agent(address));
            } catch (AgentUnreachableException silent) {
                attempts.add(silent.getMessage());
            }
        }
        throw new AgentUnreachableException("No agent answers.\n  " + String.join("\n  ", attempts)
                + "\n  Check that an agent runs there, or name another with --at HOST:PORT.");
    }

    static AgentClient agent(Endpoint address) {
        return new AgentClient(address, PATIENCE);
    }

    static Endpoint endpoint(String text) {
        return NodeFile.endpoint(text);
    }

    ParameterException wrong(String what) {
        return new ParameterException(mixee.commandLine(), what);
    }

    /** What {@code --timeout} asks for; anything that is no time to wait ends in a usage message. */
    Duration patience(long seconds) {
        if (seconds < 1 || seconds > LONGEST_WAIT.toSeconds()) {
            throw wrong("--timeout is " + seconds + ", expected 1 to " + LONGEST_WAIT.toSeconds() + " seconds");
        }
        return Duration.ofSeconds(seconds);
    }

    private List<Endpoint> addresses() throws AgentUnreachableException {
        List<String> named = at.isEmpty() ? configured() : at;
        if (named.isEmpty()) {
            throw new AgentUnreachableException("No agent is known: name one with --at HOST:PORT or in " + VARIABLE
                    + ", or start './understudy demo --keep' in another terminal.");
        }
        try {
            return named.stream().map(String::strip).map(NodeFile::endpoint).toList();
        } catch (IllegalArgumentException notAnAddress) {
            throw new ParameterException(mixee.commandLine(), notAnAddress.getMessage(), notAnAddress);
        }
    }

    private static List<String> configured() {
        @Nullable String variable = System.getenv(VARIABLE);
        if (variable != null && !variable.isBlank()) {
            return Arrays.asList(variable.split(",", -1));
        }
        try {
            return KnownDemo.agents();
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
