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

    /** Clients wait for eight seconds. Agents are asked one after the other, and each that does not answer takes two. */
    private static final Duration ANSWERED_AND_SEEN = Duration.ofSeconds(12);

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

    /**
     * A successor is seen a little later than it is chosen, and of several in a row only the last may be seen. What a client sends may be
     * acknowledged long after that, by a server that is chosen meanwhile.
     */
    private static boolean mayBeChosenSince(
            List<Succession> successions, Succession chosen, int next, String server, long sent) {
        List<Succession> later = successions.subList(next, successions.size());
        boolean oneWasMissed = !later.isEmpty() && later.getFirst().epoch() > chosen.epoch() + 1;
        return later.stream()
                .filter(one -> one.seenNanos() - sent <= ANSWERED_AND_SEEN.toNanos())
                .anyMatch(one -> oneWasMissed || one.address().equals(server));
    }

    private static String name(List<Succession> successions, String server) {
        return successions.stream()
                .filter(succession -> succession.address().equals(server))
                .map(Succession::node)
                .findFirst()
                .orElse("a node that was never chosen, at " + server);
    }
}
