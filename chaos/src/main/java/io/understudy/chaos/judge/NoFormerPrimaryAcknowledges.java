package io.understudy.chaos.judge;

import io.understudy.chaos.judge.Evidence.Succession;
import java.util.ArrayList;
import java.util.List;

/**
 * What was sent after a successor was seen to be chosen was acknowledged by no predecessor. In {@code async} this trusts clocks, which
 * run evenly here.
 */
final class NoFormerPrimaryAcknowledges implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        List<String> broken = new ArrayList<>();
        List<Succession> successions = evidence.successions();
        for (int i = 0; i < successions.size(); i++) {
            Succession chosen = successions.get(i);
            long until = i + 1 < successions.size() ? successions.get(i + 1).seenNanos() : Long.MAX_VALUE;
            for (Succession other : successions.subList(0, i)) {
                if (!other.address().equals(chosen.address())) {
                    judge(evidence, chosen, other, until, broken);
                }
            }
        }
        return broken.stream().distinct().toList();
    }

    private static void judge(
            Evidence evidence, Succession chosen, Succession former, long until, List<String> broken) {
        // Before the next succession is seen the successor of it may be chosen already: that is this former one's own
        // turn again.
        long late = evidence.acknowledgements().sentTo(former.address()).stream()
                .filter(sent -> sent > chosen.seenNanos() && sent < until)
                .filter(sent -> !mayHaveHeldAgain(evidence, former, sent))
                .count();
        if (late > 0) {
            broken.add("%s acknowledged what was sent to it after %s was seen to be chosen for epoch %d"
                    .formatted(former.node(), chosen.node(), chosen.epoch()));
        }
    }

    /** Whether the node was chosen anew a little later, which is seen later than it is so. */
    private static boolean mayHaveHeldAgain(Evidence evidence, Succession former, long sent) {
        return evidence.successions().stream()
                .filter(later -> later.seenNanos() >= sent)
                .limit(1)
                .anyMatch(later -> later.address().equals(former.address()));
    }
}
