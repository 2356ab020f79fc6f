package io.understudy.chaos.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.chaos.judge.Evidence.Succession;
import io.understudy.chaos.workload.Acknowledgements;
import io.understudy.chaos.workload.Book;
import io.understudy.chaos.workload.Observed;
import io.understudy.chaos.workload.Schema;
import io.understudy.chaos.workload.Shown;
import io.understudy.chaos.workload.Workload;
import io.understudy.core.cluster.ReplicationMode;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each promise is kept where it should be, and broken where it should be. */
class PromisesTest {

    private static final List<Long> OPENING = Collections.nCopies(Schema.ACCOUNTS, (long) Schema.OPENING_BALANCE);

    private final Observed observed = new Observed();
    private ReplicationMode mode = ReplicationMode.SEMI_SYNC;
    private Optional<Long> told = Optional.of(0L);
    private BitSet before = new BitSet();
    private List<Succession> successions = List.of();
    private Map<String, Stored> replicas = Map.of();
    private BitSet knownLost = new BitSet();

    @Test
    void whatWasAcknowledgedAndIsNotThereIsLost() {
        observed.acknowledged(1).acknowledged(1).unknown(1);
        assertThat(new NothingAcknowledgedIsLost().broken(evidence(ids(1, 2)))).isEmpty();
        assertThat(new NothingAcknowledgedIsLost().broken(evidence(ids(1))))
                .containsExactly("1 acknowledged writes are not there: 2");
    }

    @Test
    void whatWasFoundLostEarlierIsNotFoundAgain() {
        observed.acknowledged(1).acknowledged(1);
        knownLost.set(2);
        assertThat(new NothingAcknowledgedIsLost().broken(evidence(ids(1)))).isEmpty();
    }

    @Test
    void asyncMayLoseWhatItsReceiptsTell() {
        mode = ReplicationMode.ASYNC;
        observed.acknowledged(1).acknowledged(1).acknowledged(1);
        told = Optional.of(1L);
        assertThat(new NothingAcknowledgedIsLost().broken(evidence(ids(1, 2)))).isEmpty();
        assertThat(new NothingAcknowledgedIsLost().broken(evidence(ids(1))))
                .containsExactly("2 acknowledged writes are not there, and receipts tell of 1 lost transactions: 2, 3");
    }

    @Test
    void whatWasRefusedMustNotBeThere() {
        observed.refused(1, "25006: read only").unknown(1);
        assertThat(new NothingRefusedIsThere().broken(evidence(ids(2)))).isEmpty();
        assertThat(new NothingRefusedIsThere().broken(evidence(ids(1))))
                .containsExactly("write 1 is there, and its client was told: 25006: read only");
    }

    @Test
    void whatNobodySentMustNotBeThere() {
        observed.acknowledged(1);
        assertThat(new NothingComesFromNowhere().broken(evidence(ids(1)))).isEmpty();
        assertThat(new NothingComesFromNowhere().broken(evidence(ids(1, 7)))).hasSize(1);
    }

    @Test
    void whatIsThereTwiceIsFound() {
        observed.acknowledged(1);
        Stored twice = new Stored(bits(1), new BitSet(), List.of(1), Map.of(), OPENING);
        assertThat(new NothingIsThereTwice().broken(evidence(ids(1)))).isEmpty();
        assertThat(new NothingIsThereTwice().broken(evidence(twice))).hasSize(1);
    }

    @Test
    void aClientsAppendsStandInTheirOrder() {
        observed.acknowledged(1).acknowledged(2).acknowledged(1);
        assertThat(new ListsKeepTheirOrder().broken(evidence(list(2, 1, 3)))).isEmpty();
        assertThat(new ListsKeepTheirOrder().broken(evidence(list(3, 2, 1)))).hasSize(1);
        assertThat(new ListsKeepTheirOrder().broken(evidence(list(1, 3, 99)))).isEmpty();
    }

    @Test
    void whatAClientGaveUpOnMayArriveBehindWhatItSentLater() {
        observed.unknown(1).acknowledged(1);
        assertThat(new ListsKeepTheirOrder().broken(evidence(list(2, 1)))).isEmpty();
    }

    @Test
    void whatWasReadBackOnceIsThereTheNextTime() {
        observed.unknown(1).unknown(1);
        before = bits(1);
        assertThat(new WhatWasReadBackStays().broken(evidence(ids(1, 2)))).isEmpty();
        assertThat(new WhatWasReadBackStays().broken(evidence(ids(2)))).hasSize(1);
        mode = ReplicationMode.ASYNC;
        assertThat(new WhatWasReadBackStays().broken(evidence(ids(2)))).isEmpty();
    }

    @Test
    void whereALossCouldNotBeMeasuredNothingIsHeldAgainstAReceipt() {
        mode = ReplicationMode.ASYNC;
        observed.acknowledged(1);
        told = Optional.empty();
        assertThat(new NothingAcknowledgedIsLost().broken(evidence(ids()))).isEmpty();
    }

    @Test
    void aNodeThatWasNeverChosenAcknowledgesNothing() {
        successions = List.of(succession(1, "node-a", 0));
        observed.acknowledgedBy("node-c-address", 1_000_000_000L);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids()))).hasSize(1);
    }

    @Test
    void whoMayHaveBeenChosenUnseenIsNotAccused() {
        long second = 1_000_000_000L;
        successions = List.of(succession(2, "node-b", 10 * second), succession(4, "node-b", 20 * second));
        observed.acknowledgedBy("node-a-address", 15 * second);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids()))).isEmpty();
    }

    @Test
    void whatAnOpenPrimaryShowedComesFirst() {
        observed.acknowledged(1).acknowledged(2).acknowledged(1);
        observed.listShown(Workload.ROUTED_READER, 4, 1, 2);
        assertThat(new WhatWasShownStays().broken(evidence(list(1, 2, 3)))).isEmpty();
        assertThat(new WhatWasShownStays().broken(evidence(list(1, 3)))).hasSize(1);
        mode = ReplicationMode.ASYNC;
        assertThat(new WhatWasShownStays().broken(evidence(list(1, 3)))).isEmpty();
    }

    @Test
    void balancesAreWhatTransfersMakeThem() {
        observed.acknowledged(1);
        long[] moved = OPENING.stream().mapToLong(Long::longValue).toArray();
        moved[Schema.payer(1)] -= Schema.amount(1);
        moved[Schema.payee(1)] += Schema.amount(1);
        List<Long> right = Arrays.stream(moved).boxed().toList();
        assertThat(new BalancesAddUp().broken(evidence(new Stored(bits(1), bits(1), List.of(), Map.of(), right))))
                .isEmpty();
        assertThat(new BalancesAddUp().broken(evidence(new Stored(bits(1), bits(1), List.of(), Map.of(), OPENING))))
                .hasSize(1);
        observed.sumShown("reads-node-b", 9_999);
        assertThat(new BalancesAddUp().broken(evidence(new Stored(bits(1), bits(1), List.of(), Map.of(), right))))
                .containsExactly("reads-node-b read 9999 where balances always add up to 10000");
    }

    @Test
    void aReplicaHoldsWhatThePrimaryHolds() {
        observed.acknowledged(1).acknowledged(1);
        replicas = Map.of("node-b", ids(1, 2));
        assertThat(new ReplicasHoldTheSame().broken(evidence(ids(1, 2)))).isEmpty();
        replicas = Map.of("node-b", ids(1));
        assertThat(new ReplicasHoldTheSame().broken(evidence(ids(1, 2)))).hasSize(1);
    }

    @Test
    void aFormerPrimaryAcknowledgesNothingThatWasSentAfterItsSuccessorWasSeen() {
        long second = 1_000_000_000L;
        successions = List.of(succession(1, "node-a", 0), succession(2, "node-b", 10 * second));
        observed.acknowledgedBy("node-a-address", 9 * second).acknowledgedBy("node-b-address", 11 * second);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids()))).isEmpty();
        observed.acknowledgedBy("node-a-address", 12 * second);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids())))
                .containsExactly(
                        "node-a acknowledged what was sent to it after node-b was seen to be chosen for epoch 2");
    }

    @Test
    void aFormerPrimaryThatIsChosenAgainMayAcknowledgeBeforeThatIsSeen() {
        long second = 1_000_000_000L;
        successions = List.of(
                succession(1, "node-a", 0), succession(2, "node-b", 10 * second), succession(3, "node-a", 20 * second));
        observed.acknowledgedBy("node-a-address", 19 * second + second / 2);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids()))).isEmpty();
    }

    @Test
    void aFormerPrimaryThatIsChosenAgainMuchLaterIsAccused() {
        long second = 1_000_000_000L;
        successions = List.of(
                succession(1, "node-a", 0), succession(2, "node-b", 10 * second), succession(3, "node-a", 30 * second));
        observed.acknowledgedBy("node-a-address", 17 * second);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids()))).hasSize(1);
    }

    @Test
    void whatWaitedForTheNextButOneMayBeAcknowledgedByIt() {
        long second = 1_000_000_000L;
        successions = List.of(
                succession(1, "node-b", 10 * second),
                succession(2, "node-b", 18 * second),
                succession(3, "node-a", 19 * second));
        observed.acknowledgedBy("node-a-address", 16 * second);
        assertThat(new NoFormerPrimaryAcknowledges().broken(evidence(ids()))).isEmpty();
    }

    private static Succession succession(long epoch, String node, long nanos) {
        return new Succession(epoch, node, node + "-address", nanos);
    }

    private Evidence evidence(Stored stored) {
        Book book = observed.book();
        Shown shown = observed.shown();
        Acknowledgements acknowledgements = observed.acknowledgements();
        return new Evidence(
                mode, book, knownLost, shown, acknowledgements, stored, replicas, before, told, successions);
    }

    private static Stored ids(int... ids) {
        return new Stored(bits(ids), new BitSet(), List.of(), Map.of(), OPENING);
    }

    private static Stored list(int... items) {
        return new Stored(bits(items), new BitSet(), List.of(), Map.of(4, items), OPENING);
    }

    private static BitSet bits(int... ids) {
        BitSet bits = new BitSet();
        IntStream.of(ids).forEach(bits::set);
        return bits;
    }
}
