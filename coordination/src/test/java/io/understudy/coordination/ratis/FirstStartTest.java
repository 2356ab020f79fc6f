package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.coordination.ratis.FirstStart.Finding;
import io.understudy.coordination.ratis.LifeProbe.Asked;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FirstStartTest {
    private static final StorageIdentity OWN = new StorageIdentity(
            "shop", "a", "a@h:1,b@h:2,c@h:3", "life-a", "a", Map.of(), 0, StorageIdentity.State.forming);
    private static final Map<String, String> LIVES = Map.of("a", "life-a", "b", "life-b", "c", "life-c");

    @Test
    void theGroupIsFormedOnlyWhenEveryNodeSaysTwiceThatItTakesPartInNothing() {
        Asked all = new Asked(Map.of("b", fresh("b", "life-b"), "c", fresh("c", "life-c")), Map.of());
        assertThat(FirstStart.judge(OWN, Map.of(), all))
                .isInstanceOfSatisfying(
                        Finding.Open.class, open -> assertThat(open.lives()).isEqualTo(LIVES));
        assertThat(FirstStart.judge(OWN, LIVES, all)).isEqualTo(new Finding.Forms(LIVES));
    }

    @Test
    void aNodeThatDoesNotAnswerIsWaitedForAndNamed() {
        Asked some = new Asked(Map.of("b", fresh("b", "life-b")), Map.of("c", "refused"));
        assertThat(FirstStart.judge(OWN, LIVES, some)).isInstanceOfSatisfying(Finding.Open.class, open -> {
            assertThat(open.lives()).isEmpty();
            assertThat(open.waiting()).contains("c", "refused");
        });
    }

    @Test
    void aNodeThatWasEmptiedBetweenTheRoundsIsAskedAgain() {
        Asked other = new Asked(Map.of("b", fresh("b", "life-b2"), "c", fresh("c", "life-c")), Map.of());
        assertThat(FirstStart.judge(OWN, LIVES, other)).isInstanceOf(Finding.Open.class);
    }

    @Test
    void aGroupFormedWithThisLifeIsItsOwnAndAnyOtherIsNot() {
        LifeAnswer formed = new LifeAnswer(
                "shop", "b", "life-b", Optional.of("b"), LIVES, List.of("a", "b", "c"), Optional.empty());
        Asked one = new Asked(Map.of("b", formed), Map.of("c", "refused"));
        assertThat(FirstStart.judge(OWN, Map.of(), one)).isEqualTo(new Finding.Forms(LIVES));
        LifeAnswer before = new LifeAnswer(
                "shop",
                "b",
                "life-b",
                Optional.of("b"),
                Map.of("a", "former life", "b", "life-b", "c", "life-c"),
                List.of("a", "b", "c"),
                Optional.empty());
        assertThat(FirstStart.judge(OWN, LIVES, new Asked(Map.of("b", before, "c", fresh("c", "life-c")), Map.of())))
                .isInstanceOf(Finding.Joins.class);
        LifeAnswer joined =
                new LifeAnswer("shop", "b", "life-b", Optional.of("b~life-b"), Map.of(), List.of(), Optional.empty());
        assertThat(FirstStart.judge(OWN, LIVES, new Asked(Map.of("b", joined), Map.of("c", "refused"))))
                .isInstanceOf(Finding.Joins.class);
    }

    @Test
    void anAnswerIsReadBackAsItWasSent() throws Exception {
        for (LifeAnswer answer : List.of(
                fresh("b", "life-b"),
                fresh("b", "life-b").seeing(List.of("a", "b~life-b"), Optional.of("a")),
                new LifeAnswer("späte bühne", "b", "x", Optional.of("b~x"), LIVES, List.of("c"), Optional.of("b~x")))) {
            assertThat(LifeAnswer.decoded(answer.encoded())).isEqualTo(answer);
        }
    }

    private static LifeAnswer fresh(String node, String life) {
        return new LifeAnswer("shop", node, life, Optional.empty(), Map.of(), List.of(), Optional.empty());
    }
}
