package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.engines.postgres.TestCluster.TestNode;
import io.understudy.engines.postgres.installation.InstallationSource;
import io.understudy.guard.GuardLauncher;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An agent's process as far as its engine goes: fills its node from a primary, and is there to be killed meanwhile. */
final class KilledAgent {

    private KilledAgent() {}

    /** Node, its endpoint, the cluster's directory, the binaries, primary, its endpoint, then the lineage. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[2]);
        NodeId self = new NodeId(arguments[0]);
        NodeId primary = new NodeId(arguments[4]);
        Path home = directory.resolve(self.name());
        PostgresSettings settings = PostgresSettings.builder(
                        self,
                        List.of(self, primary),
                        endpoint(arguments[1]),
                        home.resolve("data"),
                        home.resolve("state"),
                        directory.resolve("secret"),
                        new InstallationSource.Configured(Path.of(arguments[3])))
                .build();
        List<TimelineStart> lineage = new ArrayList<>();
        for (String start : List.of(arguments).subList(6, arguments.length)) {
            String[] parts = start.split(":");
            lineage.add(new TimelineStart(
                    new Epoch(Long.parseLong(parts[0])),
                    new TimelineId(Integer.parseInt(parts[1])),
                    new Position(Long.parseLong(parts[2]))));
        }
        PostgresEngine engine = PostgresEngine.open(
                settings,
                GuardLauncher.likeThisProcess(
                        directory.resolve(self.name() + ".guard").resolve("s"),
                        directory.resolve(self.name() + ".guard.log")));
        engine.act(new Action.Clone(lineage.getLast().epoch(), primary, endpoint(arguments[5]), lineage));
    }

    private static Endpoint endpoint(String text) {
        int colon = text.lastIndexOf(':');
        return new Endpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /** Starts one; whatever it looks for by name it finds in {@code bin} first. */
    static Process cloning(TestCluster cluster, TestNode node, TestNode primary, Path bin) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledAgent.class.getName(),
                node.id.name(),
                node.endpoint.toString(),
                cluster.directory.toString(),
                bin.toString(),
                primary.id.name(),
                primary.endpoint.toString()));
        cluster.lineage.forEach(start -> command.add(start.epoch().number() + ":"
                + start.timeline().number() + ":" + start.start().value()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(cluster.directory.resolve("killed-agent.log").toFile());
        builder.environment().merge("PATH", bin.toString(), (path, first) -> first + ":" + path);
        return builder.start();
    }
}
