package io.understudy.core.cluster;

import java.util.regex.Pattern;

/**
 * The name of a node, unique in its cluster for as long as the cluster lives.
 *
 * @param name a lower-case letter, then at most 30 lower-case letters, digits, {@code -} or {@code _}; short enough for
 *     a PostgreSQL identifier with a prefix
 */
public record NodeId(String name) implements Comparable<NodeId> {

    private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9_-]{0,30}");

    public NodeId {
        if (!FORM.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "Node name '" + name + "' is not usable: expected a lower-case letter, then at most"
                            + " 30 lower-case letters, digits, '-' or '_'. Choose another name.");
        }
    }

    @Override
    public int compareTo(NodeId other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
