package io.understudy.agent.api;

/**
 * A request that changes the cluster was written to the ledger (status 202): it is under way, not done.
 *
 * @param accepted in words
 * @param epoch of the ledger at that moment
 * @param ledgerVersion the version that holds the request: wait for a later one in {@link ClusterView}
 */
public record AcceptedView(int version, String accepted, long epoch, long ledgerVersion) {}
