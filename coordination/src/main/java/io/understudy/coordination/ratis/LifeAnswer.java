package io.understudy.coordination.ratis;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * What a node says about its storage to another one that wants to form the group or join it.
 *
 * @param incarnation of its storage
 * @param peer the Raft peer it is; empty while it takes part in nothing
 * @param formation as in {@link StorageIdentity}
 * @param configuration the Raft peers of the group, as it knows them; empty if it knows none
 * @param leader the Raft peer it takes for the leader; empty if it knows none
 */
record LifeAnswer(
        String cluster,
        String node,
        String incarnation,
        Optional<String> peer,
        Map<String, String> formation,
        List<String> configuration,
        Optional<String> leader) {

    LifeAnswer {
        formation = Map.copyOf(formation);
        configuration = List.copyOf(configuration);
    }

    /** Of a node that only has its identity yet. */
    static LifeAnswer of(StorageIdentity identity) {
        return new LifeAnswer(
                identity.cluster(),
                identity.node(),
                identity.incarnation(),
                identity.isForming() ? Optional.empty() : Optional.of(identity.peer()),
                identity.formation(),
                List.of(),
                Optional.empty());
    }

    LifeAnswer seeing(List<String> peers, Optional<String> leading) {
        return new LifeAnswer(cluster, node, incarnation, peer, formation, peers, leading);
    }

    boolean isLeader() {
        return leader.isPresent() && leader.equals(peer);
    }

    byte[] encoded() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("cluster", cluster);
        values.put("node", node);
        values.put("incarnation", incarnation);
        values.put("peer", peer.orElse(""));
        values.put("formation", StorageIdentity.text(formation));
        values.put("configuration", String.join(",", configuration));
        values.put("leader", leader.orElse(""));
        return DurableProperties.text(values).getBytes(StandardCharsets.UTF_8);
    }

    /** @throws IOException if it is no such answer */
    static LifeAnswer decoded(byte[] bytes) throws IOException {
        Properties found = new Properties();
        try {
            found.load(new StringReader(new String(bytes, StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException malformed) {
            throw new IOException("An answer about a storage's life is malformed", malformed);
        }
        String peers = found.getProperty("configuration", "");
        return new LifeAnswer(
                required(found, "cluster"),
                required(found, "node"),
                required(found, "incarnation"),
                optional(found, "peer"),
                StorageIdentity.lives(found.getProperty("formation", "")),
                peers.isEmpty() ? List.of() : List.of(peers.split(",", -1)),
                optional(found, "leader"));
    }

    private static String required(Properties found, String key) throws IOException {
        return optional(found, key)
                .orElseThrow(() -> new IOException("An answer about a storage's life has no '" + key + "'"));
    }

    private static Optional<String> optional(Properties found, String key) {
        return Optional.ofNullable(found.getProperty(key)).filter(value -> !value.isEmpty());
    }
}
