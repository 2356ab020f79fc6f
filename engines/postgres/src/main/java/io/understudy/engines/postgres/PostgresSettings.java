package io.understudy.engines.postgres;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.engines.postgres.installation.InstallationSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an engine needs to know to supervise one server.
 *
 * @param node whose server it is
 * @param members every node of the cluster, this one included
 * @param endpoint where the server listens
 * @param dataDirectory the database; made, and owned by the user the server runs as
 * @param stateDirectory what Understudy keeps about it, outside the database and on another volume where there is one
 * @param clusterSecret a file with a random text, the same on every node
 * @param source the binaries
 * @param osUser whom root runs the server as; null to choose
 * @param parameters PostgreSQL's settings, passed through
 * @param bootstrapSql statements run once, in order, in a new cluster's database {@code postgres}; one each
 * @param syncReplayDelay how long a reader may hold up replay on a replica of {@code sync}
 */
public record PostgresSettings(
        NodeId node,
        List<NodeId> members,
        Endpoint endpoint,
        Path dataDirectory,
        Path stateDirectory,
        Path clusterSecret,
        InstallationSource source,
        @Nullable String osUser,
        Map<String, String> parameters,
        List<String> bootstrapSql,
        Duration syncReplayDelay) {

    /** The longest that a reader may hold up the commits of {@code sync}. */
    public static final Duration LONGEST_SYNC_REPLAY_DELAY = Duration.ofMillis(500);

    /** Checks everything and names every problem at once. */
    public PostgresSettings {
        members = members.stream().sorted().distinct().toList();
        parameters = Map.copyOf(parameters);
        bootstrapSql = List.copyOf(bootstrapSql);
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        stateDirectory = stateDirectory.toAbsolutePath().normalize();
        List<String> problems = new ArrayList<>();
        if (!members.contains(node)) {
            problems.add("node '" + node + "' is none of the members " + members);
        }
        if (stateDirectory.startsWith(dataDirectory)) {
            problems.add("the state directory " + stateDirectory + " lies inside the data directory " + dataDirectory
                    + ": it must survive it");
        }
        for (String key : new TreeMap<>(parameters).keySet()) {
            if (ServerParameters.isOurs(key)) {
                problems.add("parameter '" + key + "' is set by Understudy itself: remove it");
            }
        }
        if (syncReplayDelay.isNegative() || syncReplayDelay.compareTo(LONGEST_SYNC_REPLAY_DELAY) > 0) {
            problems.add(
                    "the replay delay of sync is " + syncReplayDelay + ", expected 0 to " + LONGEST_SYNC_REPLAY_DELAY);
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("PostgreSQL settings: " + String.join("; ", problems));
        }
    }

    /** Starts with what has no default. */
    public static Builder builder(
            NodeId node,
            List<NodeId> members,
            Endpoint endpoint,
            Path dataDirectory,
            Path stateDirectory,
            Path clusterSecret,
            InstallationSource source) {
        return new Builder(node, members, endpoint, dataDirectory, stateDirectory, clusterSecret, source);
    }

    /** The rest, with defaults. */
    public static final class Builder {
        private final NodeId node;
        private final List<NodeId> members;
        private final Endpoint endpoint;
        private final Path dataDirectory;
        private final Path stateDirectory;
        private final Path clusterSecret;
        private final InstallationSource source;
        private @Nullable String osUser;
        private Map<String, String> parameters = Map.of();
        private List<String> bootstrapSql = List.of();
        private Duration syncReplayDelay = LONGEST_SYNC_REPLAY_DELAY;

        private Builder(
                NodeId node,
                List<NodeId> members,
                Endpoint endpoint,
                Path dataDirectory,
                Path stateDirectory,
                Path clusterSecret,
                InstallationSource source) {
            this.node = node;
            this.members = List.copyOf(members);
            this.endpoint = endpoint;
            this.dataDirectory = dataDirectory;
            this.stateDirectory = stateDirectory;
            this.clusterSecret = clusterSecret;
            this.source = source;
        }

        public Builder osUser(String name) {
            this.osUser = name;
            return this;
        }

        public Builder parameters(Map<String, String> values) {
            this.parameters = values;
            return this;
        }

        public Builder bootstrapSql(List<String> statements) {
            this.bootstrapSql = statements;
            return this;
        }

        public Builder syncReplayDelay(Duration longest) {
            this.syncReplayDelay = longest;
            return this;
        }

        public PostgresSettings build() {
            return new PostgresSettings(
                    node,
                    members,
                    endpoint,
                    dataDirectory,
                    stateDirectory,
                    clusterSecret,
                    source,
                    osUser,
                    parameters,
                    bootstrapSql,
                    syncReplayDelay);
        }
    }
}
