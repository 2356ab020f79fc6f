package io.understudy.simulation;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * In semi-sync and sync no Grant ever goes to a node that lacks an acknowledged write. This holds however many disks are
 * lost: then there may be nobody left who can be granted, but nobody is granted wrongly. The one exception, which the
 * faults keep clear of: a disk replaced by a copy that holds all that it ever reported and not all that it confirmed.
 * A write acknowledged in async is under this promise too once a later configuration was proved by a marker.
 */
final class NothingAcknowledgedIsLost implements Checker {

    private final World world;
    private final List<ClientWrite> kept = new ArrayList<>();
    private final List<ClientWrite> unprotected = new ArrayList<>();

    /** Grants that were decided on for data on which somebody's server had written out of turn by then. */
    private final Set<Command.Grant> onStrayed = Collections.newSetFromMap(new IdentityHashMap<>());

    NothingAcknowledgedIsLost(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "nothing acknowledged is lost";
    }

    @Override
    public void acknowledged(ClientWrite write) {
        if (!write.under.mayLose()) {
            kept.add(write);
        } else if (write.epoch == world.ledger().epoch().number()) {
            unprotected.add(write);
        }
    }

    @Override
    public void proposed(int node, Proposal proposal) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant && isStrayed(grant.holder())) {
                onStrayed.add(grant);
            }
        }
    }

    private boolean isStrayed(Member holder) {
        Disk disk = world.database(world.indexOf(holder.node())).disk;
        return disk.strayed && disk.incarnation.equals(Optional.of(holder.incarnation()));
    }

    @Override
    public void committed(ClusterState before, Proposal proposal, ClusterState after) {
        for (Command command : proposal.commands()) {
            if (command instanceof Command.Grant grant) {
                if (onStrayed.contains(grant)) {
                    world.checks()
                            .violated(
                                    promise(),
                                    grant.holder() + " was granted an epoch on what its server wrote out of turn");
                }
                granted(grant.holder(), grant.boundary());
            } else if (command instanceof Command.CompleteInSync complete
                    && after.inSync().target().confirmations() > 0) {
                marked(complete, after.tenure().orElseThrow());
            } else if (command instanceof Command.CompleteInSync
                    && after.inSync().target().mode() == ReplicationMode.ASYNC) {
                // All that was acknowledged is under async's promise from now on, by the operator's word.
                unprotected.addAll(kept);
                kept.clear();
            }
        }
    }

    private void granted(Member holder, Boundary boundary) {
        Disk disk = world.database(world.indexOf(holder.node())).disk;
        // A Grant may be committed long after it was proposed, on data that was lost meanwhile: it is never taken up.
        if (!disk.incarnation.equals(Optional.of(holder.incarnation()))
                || world.destroyed().contains(holder.incarnation().nonce())) {
            return;
        }
        int end = (int) (boundary.position().value() / LogRecord.BYTES);
        for (ClientWrite write : kept) {
            if (write.position > end || !holds(disk, write)) {
                world.checks()
                        .violated(
                                promise(),
                                holder + " was granted the next epoch without " + write + ", acknowledged at "
                                        + write.acknowledgedAt / 1_000 + " ms; its log ends at " + end);
                return;
            }
        }
    }

    /** What the marked primary holds is now held by members of the new set. */
    private void marked(Command.CompleteInSync complete, Tenure held) {
        Disk disk = world.database(world.indexOf(held.holder().node())).disk;
        if (!held.epoch().equals(complete.epoch())
                || !disk.incarnation.equals(Optional.of(held.holder().incarnation()))) {
            return;
        }
        // The last few may be younger than the marker.
        for (ClientWrite write : List.copyOf(unprotected)) {
            if (world.agenda().now() - write.acknowledgedAt > 4 * Agenda.SECOND && holds(disk, write)) {
                kept.add(write);
            }
        }
        unprotected.removeIf(write -> world.agenda().now() - write.acknowledgedAt > 4 * Agenda.SECOND);
    }

    static boolean holds(Disk disk, ClientWrite write) {
        return write.position <= disk.end()
                && disk.log().get(write.position - 1).write() == write.number;
    }

    @Override
    public void end() {
        if (!world.ledger().isOpen()) {
            return;
        }
        Member holder = world.ledger().running().orElseThrow().holder();
        Disk disk = world.database(world.indexOf(holder.node())).disk;
        for (ClientWrite write : kept) {
            if (!holds(disk, write)) {
                world.checks().violated(promise(), "at the end the primary " + holder + " lacks " + write);
                return;
            }
        }
    }
}
