package io.understudy.cli.node;

import io.understudy.agent.Agent;
import io.understudy.agent.AgentSettings;
import io.understudy.agent.NodeAddresses;
import io.understudy.cli.BuiltVersion;
import io.understudy.core.cluster.Settings;
import io.understudy.engines.Engine;
import io.understudy.engines.postgres.OwnLogin;
import io.understudy.engines.postgres.PostgresEngine;
import io.understudy.engines.postgres.PostgresSettings;
import io.understudy.guard.GuardLauncher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** One node's agent with its engine, from a node file. */
public final class AgentRun {

    private AgentRun() {}

    /**
     * Runs until the process is told to end, which leaves the database running.
     *
     * @throws IOException when it cannot start, or cannot go on: then it must be started again
     */
    public static void untilStopped(NodeFile file) throws IOException, InterruptedException {
        OneLineFormat.install();
        Path directory = file.directory();
        GuardLauncher guard = GuardLauncher.likeThisProcess(guardSocket(directory), directory.resolve("guard.log"));
        OwnLogin login = PostgresEngine.routerLogin(file.secret());
        Engine engine = PostgresEngine.open(postgres(file), guard);
        Agent agent = Agent.start(settings(file), engine);
        Optional<AgentRouter> router =
                AgentRouter.start(file, agent, new CatalogueLogin(login.role(), login.password()));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(router, agent), "close"));
        try {
            throw new IOException("The agent of " + file.node() + " cannot go on: "
                    + agent.failed().get());
        } catch (ExecutionException broken) {
            throw new IOException("The agent of " + file.node() + " cannot go on", broken);
        }
    }

    /** The lease is renewed while clients finish. */
    private static void close(Optional<AgentRouter> router, Agent agent) {
        try {
            router.ifPresent(AgentRouter::close);
        } finally {
            agent.close();
        }
    }

    /** Where the guard of a node listens; the directory is its own. */
    public static Path guardSocket(Path directory) {
        return directory.resolve("guard").resolve("socket");
    }

    private static AgentSettings settings(NodeFile file) {
        return new AgentSettings(
                file.node(),
                file.cluster(),
                file.nodes().stream()
                        .map(node -> {
                            NodeFile.Addresses at = file.addresses(node);
                            return new NodeAddresses(node, at.raft(), at.api(), at.database());
                        })
                        .toList(),
                file.directory().resolve("state"),
                Settings.DEFAULT.withMode(file.mode()),
                BuiltVersion.text());
    }

    private static PostgresSettings postgres(NodeFile file) {
        return PostgresSettings.builder(
                        file.node(),
                        file.nodes(),
                        file.own().database(),
                        file.directory().resolve("data"),
                        file.directory().resolve("engine"),
                        file.secret(),
                        file.postgres())
                .bootstrapSql(file.bootstrap())
                .build();
    }
}
