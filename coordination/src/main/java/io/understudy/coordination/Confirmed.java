package io.understudy.coordination;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import java.util.Optional;

/**
 * The ledger's answer to a report, confirmed by a majority after the report arrived.
 *
 * @param state the ledger's at that moment
 * @param renewed the epoch of the running tenure, when the reporting node holds it with the data it reported: its lease
 *     counts from before the report was sent. Empty when it holds none.
 * @param vacant the epoch that was to be granted next, when nobody held a tenure at that moment. Whoever is granted it may count
 *     its lease from before the report was sent: this Raft leader, which had not applied the Grant then, and every later one,
 *     which was not elected then, count from no earlier.
 */
public record Confirmed(ClusterState state, Optional<Epoch> renewed, Optional<Epoch> vacant) {}
