package io.understudy.core.cluster;

/**
 * One entry of a lineage: the log of {@code epoch} is {@code timeline} from {@code start} on.
 *
 * @param start the boundary's position; the first entry of every lineage starts at {@link Position#START}
 */
public record TimelineStart(Epoch epoch, TimelineId timeline, Position start) {

    /** What an initialised database is on before the first Grant. */
    public static final TimelineStart GENESIS = new TimelineStart(Epoch.NONE, TimelineId.FIRST, Position.START);
}
