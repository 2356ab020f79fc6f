package io.understudy.core.coordinator;

import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.command.Command;
import io.understudy.core.coordinator.CoordinatorRule.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Rules for a planned change of primary, until the old primary has stopped. */
final class Switching {

    /** A switchover that has not begun within this is given up. */
    static final Duration LIMIT = Duration.ofSeconds(15);

    private Switching() {}

    static Optional<Verdict> cancel(Situation now) {
        Optional<SwitchoverRequest> request = requested(now);
        if (request.isEmpty()) {
            return Optional.empty();
        }
        Duration since =
                now.seen().switchoverSince().map(from -> now.now().since(from)).orElse(Duration.ZERO);
        if (since.compareTo(LIMIT) >= 0 && now.runningPrimary().isPresent()) {
            return Verdict.of(
                    "the switchover was given up: after " + LIMIT.toSeconds() + " s "
                            + now.tenure().holder() + " has not stopped",
                    new Command.CancelSwitchover());
        }
        if (request.get().target().isPresent() || now.runningPrimary().isEmpty()) {
            return Optional.empty();
        }
        List<Member> able = able(now);
        Optional<NodeId> wanted = request.get().wanted();
        if (wanted.isPresent()
                && able.stream().noneMatch(member -> member.node().equals(wanted.get()))) {
            return Verdict.of(
                    "the switchover was refused: " + wanted.get() + " does not stream from "
                            + now.tenure().holder() + " in health (healthy now: " + able + ")",
                    new Command.CancelSwitchover());
        }
        return able.isEmpty()
                ? Verdict.of(
                        "the switchover was refused: no replica streams from "
                                + now.tenure().holder() + " in health",
                        new Command.CancelSwitchover())
                : Optional.empty();
    }

    static Optional<Verdict> chooseTarget(Situation now) {
        return requested(now)
                .filter(request ->
                        request.target().isEmpty() && now.runningPrimary().isPresent())
                .flatMap(request ->
                        request.wanted().or(() -> able(now).stream().findFirst().map(Member::node)))
                .flatMap(target -> Verdict.of("handing over to " + target, new Command.ChooseTarget(target)));
    }

    private static Optional<SwitchoverRequest> requested(Situation now) {
        return now.state().isOpen() ? now.state().switchover() : Optional.empty();
    }

    /** Healthy replicas, members of the in-sync set first. */
    private static List<Member> able(Situation now) {
        List<Member> inSync = now.state().inSync().target().members();
        return now.runningPrimary().map(primary -> ReplicaHealth.healthy(now, primary)).orElse(List.of()).stream()
                .sorted((one, other) -> Boolean.compare(inSync.contains(other), inSync.contains(one)))
                .toList();
    }
}
