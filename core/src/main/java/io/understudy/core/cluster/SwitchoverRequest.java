package io.understudy.core.cluster;

import java.time.Instant;
import java.util.Optional;

/**
 * A planned change of primary that was asked for.
 *
 * @param wanted whom the operator named, empty for any
 * @param target who is to be primary; empty until the choice was checked
 * @param stopped the end of the old primary's log once it stopped cleanly for this
 */
public record SwitchoverRequest(
        Instant requestedAt, Optional<NodeId> wanted, Optional<NodeId> target, Optional<Position> stopped) {

    public SwitchoverRequest withTarget(NodeId chosen) {
        return new SwitchoverRequest(requestedAt, wanted, Optional.of(chosen), stopped);
    }

    public SwitchoverRequest stoppedAt(Position end) {
        return new SwitchoverRequest(requestedAt, wanted, target, Optional.of(end));
    }
}
