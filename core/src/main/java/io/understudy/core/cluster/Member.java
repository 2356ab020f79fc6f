package io.understudy.core.cluster;

/**
 * A node together with the life of its data: what confirms commits and what votes. Two incarnations of one node are two
 * members.
 */
public record Member(NodeId node, Incarnation incarnation) implements Comparable<Member> {

    @Override
    public int compareTo(Member other) {
        int byNode = node.compareTo(other.node);
        return byNode != 0 ? byNode : incarnation.nonce().compareTo(other.incarnation.nonce());
    }

    @Override
    public String toString() {
        return node.name();
    }
}
