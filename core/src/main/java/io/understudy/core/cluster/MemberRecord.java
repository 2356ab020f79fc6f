package io.understudy.core.cluster;

import java.util.Optional;

/**
 * A node as the ledger knows it.
 *
 * @param incarnation the life of its data, empty while it has none
 * @param storage the life of its copy of the ledger
 * @param database where its database listens
 * @param api where its agent listens
 */
public record MemberRecord(
        NodeId node, Optional<Incarnation> incarnation, Incarnation storage, Endpoint database, Endpoint api) {

    public Optional<Member> member() {
        return incarnation.map(life -> new Member(node, life));
    }
}
