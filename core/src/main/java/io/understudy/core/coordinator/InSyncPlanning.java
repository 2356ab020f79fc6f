package io.understudy.core.coordinator;

import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.CoordinatorRule.Verdict;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rules that keep the in-sync set to the healthy replicas, one recorded change at a time. */
final class InSyncPlanning {

    /** A change that is not completed within this is turned to another possible configuration. */
    static final Duration MARKER_LIMIT = Duration.ofSeconds(3);

    /** A change that could neither be completed nor turned back for so long ends the tenure. */
    static final Duration STUCK_LIMIT = MARKER_LIMIT.multipliedBy(2);

    /** Before a new primary opens, its sealed replicas are given this long to follow it. */
    static final Duration FOLLOW_LIMIT = Duration.ofMillis(1_000);

    /** A member joins no sooner after another change, so that a flapping one does not hold up commits all the time. */
    static final Duration JOIN_PAUSE = Duration.ofMillis(500);

    private InSyncPlanning() {}

    static Optional<Verdict> complete(Situation now) {
        InSync inSync = now.state().inSync();
        boolean open = now.state().isOpen();
        if (now.runningPrimary()
                        .filter(primary -> primary.inSync().change() == inSync.change()
                                && primary.inSync().step() == InSyncProgress.Step.CONFIRMED)
                        .isEmpty()
                || (open && !inSync.isJoint())) {
            return Optional.empty();
        }
        Tenure held = now.tenure();
        List<Command> commands = new ArrayList<>();
        commands.add(new Command.CompleteInSync(held.epoch(), inSync.change()));
        if (!open) {
            commands.add(new Command.Open(held.epoch()));
        }
        return Optional.of(new Verdict("a marker was confirmed under " + inSync.target(), commands));
    }

    static Optional<Verdict> turnBack(Situation now) {
        InSync inSync = now.state().inSync();
        Optional<Server.Primary> primary = now.runningPrimary();
        if (primary.isEmpty()
                || !now.state().isOpen()
                || !inSync.isJoint()
                || inSync.target().blocksCommits()
                || now.now().since(now.seen().changeSince()).compareTo(MARKER_LIMIT) < 0) {
            return Optional.empty();
        }
        List<Member> healthy = ReplicaHealth.healthy(now, primary.get());
        return inSync.possible().stream()
                .filter(other -> !other.equals(inSync.target()))
                .filter(other -> suffice(now, healthy, other))
                .findFirst()
                .flatMap(other -> Verdict.of(
                        "no marker was confirmed under " + inSync.target() + " within " + MARKER_LIMIT.toSeconds()
                                + " s: going to " + other,
                        new Command.ChangeInSync(now.tenure().epoch(), other)));
    }

    /**
     * A member that every possible configuration needs was lost in the middle of a change: nothing can be acknowledged any more. From
     * a joint state an open tenure may only complete or go back, so it ends; the next one chooses among the healthy members before it opens.
     */
    static Optional<Verdict> stuck(Situation now) {
        InSync inSync = now.state().inSync();
        Optional<Server.Primary> primary = now.runningPrimary();
        if (primary.isEmpty()
                || !now.state().isOpen()
                || !inSync.isJoint()
                || inSync.target().blocksCommits()
                || now.now().since(now.seen().changeSince()).compareTo(STUCK_LIMIT) < 0) {
            return Optional.empty();
        }
        List<Member> healthy = ReplicaHealth.healthy(now, primary.get());
        if (inSync.possible().stream().anyMatch(possible -> suffice(now, healthy, possible))) {
            return Optional.empty();
        }
        return desired(now, healthy)
                .flatMap(instead -> Verdict.of(
                        "the change to " + inSync.target() + " can neither be completed nor turned back for "
                                + STUCK_LIMIT.toSeconds() + " s, healthy are " + healthy + ": a new epoch begins with "
                                + instead,
                        new Command.Revoke(now.tenure().epoch(), Cause.FAILOVER, Optional.empty())));
    }

    /** Whether commits could be acknowledged under it, and are to be. */
    private static boolean suffice(Situation now, List<Member> healthy, InSyncConfiguration configuration) {
        return confirm(healthy, configuration)
                && (configuration.waitsForNobody()
                        || counted(healthy, configuration)
                                >= now.state().settings().minInSync());
    }

    private static boolean confirm(List<Member> healthy, InSyncConfiguration configuration) {
        return counted(healthy, configuration) >= configuration.confirmations();
    }

    private static long counted(List<Member> healthy, InSyncConfiguration configuration) {
        return configuration.members().stream().filter(healthy::contains).count();
    }

    static Optional<Verdict> change(Situation now) {
        Optional<Server.Primary> primary = now.runningPrimary();
        InSync inSync = now.state().inSync();
        // Nothing is acknowledged under a target that blocks commits: from there another may be asked for.
        boolean isUnderWay =
                now.state().isOpen() && inSync.isJoint() && !inSync.target().blocksCommits();
        if (primary.isEmpty() || isUnderWay) {
            return Optional.empty();
        }
        Optional<InSyncConfiguration> desired = desired(now, ReplicaHealth.healthy(now, primary.get()));
        return desired.filter(next -> !next.equals(inSync.target()))
                .filter(inSync::mayGo)
                .filter(next -> isDue(now, next))
                .flatMap(next -> Verdict.of(
                        "the in-sync set goes from " + inSync.target() + " to " + next,
                        new Command.ChangeInSync(now.tenure().epoch(), next)));
    }

    private static Optional<InSyncConfiguration> desired(Situation now, List<Member> healthy) {
        Settings settings = now.state().settings();
        InSyncConfiguration wanted = InSyncConfiguration.of(settings, healthy);
        return wanted.blocksCommits() ? shortage(now, healthy, wanted) : Optional.of(wanted);
    }

    /**
     * Commits wait. Where the present members would go on confirming, fewer than {@code min-in-sync}, that has to be recorded; else the
     * set is left as it is: whoever was in it can be promoted, and commits go on as soon as it is back.
     */
    private static Optional<InSyncConfiguration> shortage(
            Situation now, List<Member> healthy, InSyncConfiguration blocked) {
        Settings settings = now.state().settings();
        InSyncConfiguration present = now.state().inSync().target();
        return switch (settings.onShortage()) {
            case WAIT ->
                !present.waitsForNobody() && confirm(healthy, present) ? Optional.of(blocked) : Optional.empty();
            case DEGRADE ->
                now.state().isOpen() || waitedForFollowers(now)
                        ? Optional.of(InSyncConfiguration.degraded(settings.mode()))
                        : Optional.empty();
        };
    }

    /** Whether a new primary that nothing can be acknowledged on has given the others time to follow it. */
    private static boolean waitedForFollowers(Situation now) {
        return now.state().inSync().target().blocksCommits()
                && now.now().since(now.seen().phaseSince()).compareTo(MARKER_LIMIT) >= 0;
    }

    private static boolean isDue(Situation now, InSyncConfiguration next) {
        InSyncConfiguration present = now.state().inSync().target();
        Duration since = now.now().since(now.seen().changeSince());
        if (now.tenure().phase() == Phase.GRANTED) {
            return present.blocksCommits() || since.compareTo(FOLLOW_LIMIT) >= 0;
        }
        boolean onlyJoins = next.members().containsAll(present.members()) && next.mode() == present.mode();
        return !onlyJoins || present.blocksCommits() || since.compareTo(JOIN_PAUSE) >= 0;
    }
}
