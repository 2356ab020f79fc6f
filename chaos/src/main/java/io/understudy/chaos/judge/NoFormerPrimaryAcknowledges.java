package io.understudy.chaos.judge;

import io.understudy.chaos.judge.Evidence.Succession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What was sent after a node was seen to be chosen was acknowledged by nobody else, former primary or not. In {@code async} this trusts
 * clocks, which run evenly here.
 */
final class NoFormerPrimaryAcknowledges implements Promise {

    /** Agents are asked one after the other, and each that does not answer takes two seconds. */
    private static final Duration UNSEEN = Duration.ofSeconds(8);

    @Override
    public List<String> broken(Evidence evidence) {
        List<String> broken = new ArrayList<>();
        for (String server : evidence.acknowledgements().servers()) {
            for (long sent : evidence.acknowledgements().sentTo(server)) {
                judge(evidence.successions(), server, sent, broken);
            }
        }
        return broken.stream().distinct().toList();
    }

    private static void judge(List<Succession> successions, String server, long sent, List<String> broken) {
        int next = 0;
        while (next < successions.size() && successions.get(next).seenNanos() <= sent) {
            next++;
        }
        if (next == 0) {
            return;
        }
        Succession chosen = successions.get(next - 1);
        if (chosen.address().equals(server) || mayBeChosenSince(successions, chosen, next, server, sent)) {
            return;
        }
        broken.add("%s acknowledged what was sent to it after %s was seen to be chosen for epoch %d"
                .formatted(name(successions, server), chosen.node(), chosen.epoch()));
    }

    /** A successor is seen a little later than it is chosen, and of several in a row only the last may be seen. */
    private static boolean mayBeChosenSince(
            List<Succession> successions, Succession chosen, int next, String server, long sent) {
        if (next == successions.size()) {
            return false;
        }
        Succession later = successions.get(next);
        return later.epoch() > chosen.epoch() + 1
                || later.address().equals(server) && later.seenNanos() - sent <= UNSEEN.toNanos();
    }

    private static String name(List<Succession> successions, String server) {
        return successions.stream()
                .filter(succession -> succession.address().equals(server))
                .map(Succession::node)
                .findFirst()
                .orElse("a node that was never chosen, at " + server);
    }
}
