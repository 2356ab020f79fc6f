package io.understudy.simulation;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * In async a failover loses only the end of the former primary's log. Of what was acknowledged up to the furthest end that the
 * former primary told the Raft leader that decided, it loses no more than {@code max-failover-lag}, whatever became of that
 * primary's data since. The same holds for what was acknowledged more than a lease and a second before the last lost
 * acknowledgement, not counting the time in which that primary stood still; younger writes may be such as a primary that is not
 * heard any more makes until its lease is over, or in the moment that its guard needs once it goes on after that, and
 * nobody can know of them. Not judged is a Grant by a Raft leader that never heard the former primary: with the former leader
 * the knowledge of its end was lost.
 */
final class AsyncLossIsBounded implements Checker {

    private final World world;
    private final List<ClientWrite> alive = new ArrayList<>();

    /** Acknowledged while the mode promised that nothing is lost. */
    private final List<ClientWrite> sheltered = new ArrayList<>();

    /** How long the server that acknowledged a write had stood still by then. */
    private final Map<ClientWrite, Long> stood = new IdentityHashMap<>();

    private final Map<Proposal, Optional<Position>> told = new IdentityHashMap<>();

    AsyncLossIsBounded(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "async loses no more than max-failover-lag";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        // What a former primary still acknowledged is judged elsewhere.
        if (write.epoch == world.ledger().epoch().number()) {
            (write.under.mayLose() ? alive : sheltered).add(write);
            stood.put(write, world.database(write.node).server.stood());
        }
    }

    @Override
    public void proposed(int node, Proposal proposal) {
        if (proposal.commands().stream().anyMatch(Command.Grant.class::isInstance)) {
            told.put(
                    proposal,
                    world.raft(node)
                            .state()
                            .tenure()
                            .flatMap(former -> world.agent(node).heardEnd(former.timeline())));
        }
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.CompleteInSync
                    && after.inSync().target().mode() == ReplicationMode.ASYNC) {
                // From now on it is under this promise, by the operator's word.
                alive.addAll(sheltered);
                sheltered.clear();
            } else if (command instanceof Command.Grant grant) {
                granted(grant, before, told.getOrDefault(proposal, Optional.empty()));
            }
        }
    }

    private void granted(Command.Grant grant, ClusterState before, Optional<Position> formerEnd) {
        Member holder = grant.holder();
        Disk disk = world.database(world.indexOf(holder.node())).disk;
        // A Grant may be committed long after it was proposed, on data that was lost meanwhile: it is never taken up.
        if (!disk.incarnation.equals(Optional.of(holder.incarnation()))
                || world.destroyed().contains(holder.incarnation().nonce())) {
            return;
        }
        int end = records(grant.boundary().position());
        List<ClientWrite> lost = alive.stream()
                .filter(write -> write.position > end || !NothingAcknowledgedIsLost.holds(disk, write))
                .toList();
        alive.removeAll(lost);
        lost.stream()
                .filter(write -> write.position <= end)
                .forEach(write -> world.checks()
                        .violated("async loses only the end", write + " is lost, the log was kept up to " + end));
        Optional<ClientWrite> lastLost = lost.stream().max(Comparator.comparingLong(write -> write.acknowledgedAt));
        long lease = before.settings().lease().toNanos() / 1_000;
        long unheard = onAnyClock(lease) + onAnyClock(Agent.RECENT) + Guard.REACTION;
        int told = records(formerEnd.orElse(Position.START));
        int lastKnown = lost.stream()
                .filter(write -> write.position <= told || ranSince(write, lastLost.orElseThrow()) > unheard)
                .mapToInt(write -> write.position)
                .filter(position -> position > end)
                .max()
                .orElse(end);
        long bytes = (lastKnown - end) * LogRecord.BYTES;
        if (bytes <= before.settings().maxFailoverLagBytes()) {
            return;
        }
        if (formerEnd.isEmpty()) {
            world.coverage().crashed("async: the end of the former primary's log was not known");
        } else {
            world.checks()
                    .violated(
                            promise(),
                            "epoch " + grant.epoch() + " begins on " + holder + " at record " + end + ", " + bytes
                                    + " bytes before what was acknowledged and known, or long ago; the Raft leader was told of "
                                    + told + " records; the limit is "
                                    + before.settings().maxFailoverLagBytes());
        }
    }

    private static long onAnyClock(long micros) {
        return micros + micros / 25;
    }

    /** For how long the primary acknowledged between the two. */
    private long ranSince(ClientWrite write, ClientWrite later) {
        long passed = later.acknowledgedAt - write.acknowledgedAt;
        return write.node == later.node
                ? passed - Objects.requireNonNull(stood.get(later)) + Objects.requireNonNull(stood.get(write))
                : passed;
    }

    private static int records(Position end) {
        return (int) (end.value() / LogRecord.BYTES);
    }
}
