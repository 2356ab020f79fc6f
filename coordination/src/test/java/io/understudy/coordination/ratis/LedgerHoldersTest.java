package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.coordination.ratis.LifeProbe.Asked;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LedgerHoldersTest {

    private static final List<String> NODES = List.of("a", "b", "c");

    @Test
    void withoutAMajorityThatStillHasItTheNodesThatHeldTheLedgerAreNamedAndWhatToDo() {
        LedgerHolders holders = asked(Map.of("b", emptied("b"), "c", member("c", "c", NODES)), Map.of());
        assertThat(holders).isEqualTo(new LedgerHolders(List.of("c"), List.of("a", "b"), List.of()));
        assertThat(words(holders))
                .startsWith("Nothing can be decided until the nodes that held the ledger are back with it: [a, b] have"
                        + " come up without theirs, only [c] have it, expected 2 with it in all. Next step: give enough"
                        + " of [a, b] the disks back on which it lies; if it is lost for good: stop every node")
                .doesNotContain("majority");
    }

    @Test
    void aSilentNodeAloneIsNoMajorityEither() {
        assertThat(words(asked(Map.of("b", emptied("b")), Map.of("c", "refused"))))
                .contains(
                        "[a, b] have come up without theirs, [c] are silent", "and start [c]; if it is lost for good");
    }

    @Test
    void whileAMajorityMayHaveItTheSilentOnesAreWaitedFor() {
        assertThat(words(asked(Map.of("c", member("c", "c", NODES)), Map.of("b", "refused"))))
                .isEqualTo(
                        "A majority of the nodes that held the ledger must be up: [c] have it, [b] may, expected 2 in"
                                + " all; next step: start [b]");
        assertThat(words(asked(Map.of(), Map.of("b", "refused", "c", "refused"))))
                .contains("start [b, c]");
    }

    @Test
    void aMajorityThatHasItIsOnlyToChooseALeader() {
        assertThat(words(asked(Map.of("b", member("b", "b", NODES), "c", member("c", "c", NODES)), Map.of())))
                .contains("[b, c], are a majority");
    }

    @Test
    void aNodeThatWasTakenInAgainHasItAndOneThatWasNotHasNone() {
        List<String> group = List.of("a", "b~life-b2", "c");
        LifeAnswer later = member("b", "b~life-b2", group);
        assertThat(asked(Map.of("b", later), Map.of("c", "refused")).having()).containsExactly("b");
        LifeAnswer notYet = member("b", "b~life-b3", List.of());
        assertThat(asked(Map.of("b", notYet, "c", member("c", "c", group)), Map.of())
                        .lost())
                .containsExactly("a", "b");
    }

    @Test
    void withNoLedgerAnywhereItIsSaidHowToBeginAnew() {
        assertThat(words(asked(Map.of("b", emptied("b"), "c", emptied("c")), Map.of())))
                .startsWith("No node has a ledger any more")
                .contains("empty /ledger and delete /witness");
    }

    private static LedgerHolders asked(Map<String, LifeAnswer> answers, Map<String, String> silent) {
        return LedgerHolders.of("a", NODES, new Asked(answers, silent));
    }

    private static String words(LedgerHolders holders) {
        return holders.words(Path.of("/ledger"), Path.of("/witness"));
    }

    private static LifeAnswer emptied(String node) {
        return new LifeAnswer("shop", node, "new", Optional.empty(), Map.of(), List.of(), Optional.empty());
    }

    private static LifeAnswer member(String node, String peer, List<String> group) {
        return new LifeAnswer("shop", node, "life", Optional.of(peer), Map.of(), group, Optional.empty());
    }
}
