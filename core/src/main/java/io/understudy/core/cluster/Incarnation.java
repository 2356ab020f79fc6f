package io.understudy.core.cluster;

/**
 * One life of a node's data: a nonce made when the data directory was filled. Data that was emptied, cloned again or
 * restored from an older copy is another incarnation, and nothing the earlier one confirmed may be credited to it.
 *
 * @param nonce random, not empty
 */
public record Incarnation(String nonce) {

    public Incarnation {
        if (nonce.isBlank()) {
            throw new IllegalArgumentException("An incarnation needs a nonce, found an empty one");
        }
    }

    @Override
    public String toString() {
        return nonce;
    }
}
