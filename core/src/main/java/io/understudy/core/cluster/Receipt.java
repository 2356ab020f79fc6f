package io.understudy.core.cluster;

/**
 * What a failover lost, measured on the former primary's kept data.
 *
 * @param epoch the epoch whose tail it is
 * @param transactions committed there and not in the cluster; transactions that used savepoints may count more than once
 * @param from where the cluster's log forked off
 * @param to the end of the kept log
 */
public record Receipt(Epoch epoch, long transactions, Position from, Position to) {

    /** The length of the lost range of log. */
    public long bytes() {
        return to.bytesSince(from);
    }
}
