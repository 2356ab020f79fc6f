package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class QuorumRoundsTest {
    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<CompletableFuture<Long>> asked = new CopyOnWriteArrayList<>();

    private QuorumRounds rounds(int peers, Duration bound) {
        return rounds(peers, bound, PATIENCE);
    }

    private QuorumRounds rounds(int peers, Duration bound, Duration patience) {
        List<String> others = new ArrayList<>();
        for (int i = 1; i < peers; i++) {
            others.add("n" + i);
        }
        List<String> all = new ArrayList<>(others);
        all.add("n0");
        return new QuorumRounds("n0", () -> Voters.of(all), bound, patience, this::ask, Runnable::run);
    }

    private CompletableFuture<Long> ask(String peer) {
        CompletableFuture<Long> answer = new CompletableFuture<>();
        asked.add(answer);
        return answer;
    }

    @Test
    void aLonePeerNeedsNobody() {
        assertThat(rounds(1, BOUND).confirm(3)).isCompleted();
        assertThat(asked).isEmpty();
    }

    @Test
    void aMajorityThatKnowsNoLaterTermProves() {
        var proof = rounds(5, BOUND).confirm(3);
        asked.get(0).complete(3L);
        assertThat(proof).isNotDone();
        asked.get(3).complete(2L);
        assertThat(proof).isCompleted();
    }

    @Test
    void onePeerThatKnowsALaterTermDisproves() {
        var proof = rounds(5, BOUND).confirm(3);
        asked.get(0).complete(3L);
        asked.get(1).complete(4L);
        asked.get(2).complete(3L);
        assertThat(proof).isCompletedExceptionally();
    }

    @Test
    void whileTheGroupChangesAMajorityOfOldAndNewPeersProves() {
        QuorumRounds rounds = new QuorumRounds(
                "n0",
                () -> new Voters(Set.of("n0", "n1", "n2~new"), Set.of("n0", "n1", "n2")),
                BOUND,
                PATIENCE,
                this::ask,
                Runnable::run);
        var proof = rounds.confirm(3);
        assertThat(asked).as("n1, n2 and n2~new, in this order").hasSize(3);
        asked.get(2).complete(1L);
        assertThat(proof).as("of the old peers only one").isNotDone();
        asked.get(1).completeExceptionally(new IllegalStateException("forgot"));
        assertThat(proof).isNotDone();
        asked.get(0).complete(3L);
        assertThat(proof).isCompleted();
    }

    @Test
    void tooManyFailuresFailAtOnce() {
        var proof = rounds(3, BOUND).confirm(3);
        asked.get(0).completeExceptionally(new IllegalStateException("gone"));
        assertThat(proof).isNotDone();
        asked.get(1).completeExceptionally(new IllegalStateException("gone"));
        assertThat(proof).isCompletedExceptionally();
    }

    @Test
    void silenceFailsAtTheBound() {
        var proof = rounds(3, Duration.ofMillis(50)).confirm(3);
        Await.until("the round gave up", proof::isCompletedExceptionally);
    }

    @Test
    void answersToMessagesSentBeforeARequestArrivedDoNotProveIt() {
        QuorumRounds rounds = rounds(3, BOUND);
        var early = rounds.confirm(3);
        var late = rounds.confirm(3);
        var later = rounds.confirm(3);
        assertThat(asked).hasSize(2);
        asked.get(0).complete(3L);
        asked.get(1).complete(3L);
        assertThat(early).isCompleted();
        assertThat(late).isNotDone();
        assertThat(asked).as("both late requests share one round").hasSize(4);
        asked.get(2).complete(3L);
        assertThat(late).isCompleted();
        assertThat(later).isCompleted();
    }

    @Test
    void patientRequestsShareTheRoundThatSomebodyElseNeeds() {
        QuorumRounds rounds = rounds(3, BOUND);
        var patient = rounds.confirmPatiently(3);
        var another = rounds.confirmPatiently(3);
        assertThat(asked).isEmpty();
        var urgent = rounds.confirm(3);
        assertThat(asked).hasSize(2);
        asked.get(0).complete(3L);
        assertThat(List.of(patient, another, urgent)).allMatch(CompletableFuture::isDone);
    }

    @Test
    void aPatientRequestThatCameDuringARoundWaitsForTheNextOne() {
        QuorumRounds rounds = rounds(3, BOUND);
        var first = rounds.confirm(3);
        var patient = rounds.confirmPatiently(3);
        asked.get(0).complete(3L);
        assertThat(first).isCompleted();
        assertThat(asked).as("nobody is in a hurry").hasSize(2);
        var next = rounds.confirm(3);
        assertThat(asked).hasSize(4);
        asked.get(2).complete(3L);
        assertThat(patient).isCompleted();
        assertThat(next).isCompleted();
    }

    @Test
    void patienceEnds() {
        QuorumRounds rounds = rounds(3, BOUND, Duration.ofMillis(20));
        var patient = rounds.confirmPatiently(3);
        Await.until("a round of its own began", () -> asked.size() == 2);
        assertThat(patient).isNotDone();
        asked.get(1).complete(3L);
        assertThat(patient).isCompleted();
    }

    @Test
    void whoWaitsIsNotLeftBehindWhenLeadershipMayBeLost() {
        QuorumRounds rounds = rounds(3, BOUND);
        rounds.hurry();
        assertThat(asked).isEmpty();
        var patient = rounds.confirmPatiently(3);
        rounds.hurry();
        assertThat(asked).hasSize(2);
        asked.get(0).complete(4L);
        assertThat(patient).isCompletedExceptionally();
    }

    @Test
    void aRoundThatCouldNotBeginFailsAndDoesNotStandInTheWay() {
        List<Voters> known = new ArrayList<>();
        QuorumRounds rounds = new QuorumRounds(
                "n0", known::removeFirst, BOUND, PATIENCE, peer -> new CompletableFuture<>(), Runnable::run);
        assertThat(rounds.confirm(3)).isCompletedExceptionally();
        known.add(Voters.of(List.of("n0")));
        assertThat(rounds.confirm(3)).isCompleted();
    }

    @Test
    void patientRequestsOfAnOldTermAreNotKeptWaiting() {
        QuorumRounds rounds = rounds(3, BOUND);
        var old = rounds.confirmPatiently(3);
        var next = rounds.confirmPatiently(4);
        assertThat(old).isCompletedExceptionally();
        assertThat(next).isNotDone();
        assertThat(rounds.confirmPatiently(3)).isCompletedExceptionally();
    }

    @Test
    void aNewTermDoesNotWaitForTheProofOfAnOldOne() {
        QuorumRounds rounds = rounds(3, BOUND);
        var running = rounds.confirm(3);
        var outdated = rounds.confirm(3);
        var next = rounds.confirm(4);
        assertThat(outdated).isCompletedExceptionally();
        assertThat(rounds.confirm(3)).isCompletedExceptionally();
        asked.get(0).complete(4L);
        assertThat(running).isCompletedExceptionally();
        asked.get(2).complete(4L);
        assertThat(next).isCompleted();
    }
}
