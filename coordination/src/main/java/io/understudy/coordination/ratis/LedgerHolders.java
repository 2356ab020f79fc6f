package io.understudy.coordination.ratis;

import io.understudy.coordination.ratis.LifeProbe.Asked;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Which nodes still have the copy of the ledger that they took part with, as far as a node can tell that has lost its own.
 * Only a majority of the peers of a group can decide anything, taking in a new peer included (Raft, sections 5 and 6).
 *
 * @param having those that answered in the life that the group knows
 * @param lost those that came up without it, the one that asks among them
 * @param silent those that did not answer, and may have it
 */
record LedgerHolders(List<String> having, List<String> lost, List<String> silent) {

    LedgerHolders {
        having = List.copyOf(having);
        lost = List.copyOf(lost);
        silent = List.copyOf(silent);
    }

    /**
     * By the group that a node with a ledger tells of, else as if every node had been in it.
     *
     * @param self who asked, and has lost its copy
     * @param nodes all that are configured
     */
    static LedgerHolders of(String self, Collection<String> nodes, Asked asked) {
        Collection<String> group = asked.answers().values().stream()
                .filter(LedgerHolders::takesPart)
                .map(LifeAnswer::configuration)
                .findFirst()
                .orElse(List.copyOf(nodes));
        List<String> having = new ArrayList<>();
        List<String> lost = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (String peer : group) {
            String node = PeerNames.node(peer);
            LifeAnswer answer = asked.answers().get(node);
            if (answer != null && takesPart(answer) && answer.peer().orElse("").equals(peer)) {
                having.add(node);
            } else if (answer != null || node.equals(self)) {
                lost.add(node);
            } else {
                silent.add(node);
            }
        }
        return new LedgerHolders(having, lost, silent);
    }

    private static boolean takesPart(LifeAnswer answer) {
        return answer.peer().filter(answer.configuration()::contains).isPresent();
    }

    /** What is waited for while nobody leads, and what to do. */
    String words(Path storage, Path witness) {
        int majority = (having.size() + lost.size() + silent.size()) / 2 + 1;
        if (having.size() >= majority) {
            return "Those that have the ledger, " + having + ", are a majority and are to choose a Raft leader";
        }
        String startAnew = "if it is lost for good: stop every node, empty " + storage + " and delete " + witness
                + " on each, and start them all";
        if (having.isEmpty() && silent.isEmpty()) {
            return "No node has a ledger any more; next step, " + startAnew;
        }
        if (having.size() + silent.size() >= majority) {
            return "A majority of the nodes that held the ledger must be up: " + having + " have it, " + silent
                    + " may, expected " + majority + " in all; next step: start " + silent;
        }
        return "Nothing can be decided until the nodes that held the ledger are back with it: " + lost
                + " have come up without theirs" + (having.isEmpty() ? "" : ", only " + having + " have it")
                + (silent.isEmpty() ? "" : ", " + silent + " are silent") + ", expected " + majority
                + " with it in all. Next step: give enough of " + lost + " the disks back on which it lies"
                + (silent.isEmpty() ? "" : ", and start " + silent) + "; " + startAnew;
    }
}
