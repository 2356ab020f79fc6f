package io.understudy.core.coordinator;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Member;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.Vote;
import io.understudy.core.reconciler.Scenes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FailoverQuorumTest {

    @Test
    void exactlyTheNeededSealsMeetEveryPossibleConfirmation() {
        for (int size = 1; size <= 6; size++) {
            for (int confirmations = 1; confirmations <= size; confirmations++) {
                int needed = InSyncConfiguration.semiSync(confirmations, members(size))
                        .sealsNeeded();
                assertThat(everyConfirmationMeetsTheSeals(size, confirmations, needed))
                        .as("any %d of %d, %d seals", confirmations, size, needed)
                        .isTrue();
                assertThat(everyConfirmationMeetsTheSeals(size, confirmations, needed - 1))
                        .as("any %d of %d, one seal fewer than %d", confirmations, size, needed)
                        .isFalse();
            }
        }
    }

    @Test
    void anotherLifeOfAMembersDataDoesNotCountAsSealed() {
        ClusterState state = revoked(InSyncConfiguration.semiSync(1, List.of(member(B), member(C))));
        Vote emptied =
                new Vote(new Member(C, new Incarnation("cloned-again")), Scenes.TWO, Scenes.ONE, new Position(200));

        List<FailoverQuorum> quorums = FailoverQuorum.of(state, List.of(vote(B, 200), emptied));

        assertThat(quorums).singleElement().satisfies(quorum -> {
            assertThat(quorum.holds()).isFalse();
            assertThat(quorum.missing()).containsExactly(member(C));
        });
    }

    @Test
    void whileAChangeIsUnderWayBothConfigurationsMustBeCovered() {
        ClusterState state = revoked(
                InSyncConfiguration.semiSync(1, List.of(member(B))),
                InSyncConfiguration.semiSync(1, List.of(member(B), member(C))));

        assertThat(FailoverQuorum.of(state, List.of(vote(B, 200))))
                .extracting(FailoverQuorum::holds)
                .containsExactly(true, false);
        assertThat(FailoverQuorum.of(state, List.of(vote(B, 200), vote(C, 200))))
                .extracting(FailoverQuorum::holds)
                .containsExactly(true, true);
    }

    @Test
    void noNumberOfSealsCoversCommitsThatWaitedForNobody() {
        assertThat(FailoverQuorum.of(revoked(InSyncConfiguration.async()), List.of(vote(B, 200), vote(C, 200))))
                .extracting(FailoverQuorum::holds)
                .containsExactly(false);
        assertThatThrownBy(() -> InSyncConfiguration.async().sealsNeeded()).isInstanceOf(IllegalStateException.class);
    }

    private static boolean everyConfirmationMeetsTheSeals(int size, int confirmations, int seals) {
        return subsets(size, confirmations)
                .allMatch(confirmed -> subsets(size, seals).allMatch(kept -> (confirmed & kept) != 0));
    }

    private static IntStream subsets(int size, int count) {
        return IntStream.range(0, 1 << size).filter(bits -> Integer.bitCount(bits) == count);
    }

    private static List<Member> members(int size) {
        List<Member> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            all.add(member(new NodeId("n" + i)));
        }
        return all;
    }

    private static ClusterState revoked(InSyncConfiguration... possible) {
        return Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, possible);
    }

    private static Vote vote(NodeId node, long position) {
        assertThat(node).isNotEqualTo(A);
        return new Vote(member(node), Scenes.TWO, Scenes.ONE, new Position(position));
    }
}
