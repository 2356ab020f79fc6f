package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Who is chosen soon after a primary stopped for a switchover has that primary's last record, so that it can follow as it is; only when the
 * target did not get it within a second it goes on as after a failure.
 */
final class SwitchoverHandsEverythingOver implements Checker {

    /** A little less than a second, by whatever clock. */
    private static final Duration LIMIT = Duration.ofMillis(950);

    private final World world;
    private Instant stoppedAt = Instant.EPOCH;

    SwitchoverHandsEverythingOver(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "a switchover hands everything over";
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Revoke revoke && revoke.stopped().isPresent()) {
                stoppedAt = proposal.at();
            } else if (command instanceof Command.Grant grant) {
                granted(before, proposal, grant);
            }
        }
    }

    private void granted(ClusterState before, Proposal proposal, Command.Grant grant) {
        Optional<Position> stopped = before.switchover().flatMap(SwitchoverRequest::stopped);
        boolean isSoon = Duration.between(stoppedAt, proposal.at()).compareTo(LIMIT) < 0;
        if (isSoon
                && stopped.isPresent()
                && stopped.get().isAfter(grant.boundary().position())) {
            world.checks()
                    .violated(
                            promise(),
                            grant.holder() + " was granted epoch " + grant.epoch() + " at "
                                    + grant.boundary().position() + ", and the former primary stopped at "
                                    + stopped.get());
        }
    }
}
