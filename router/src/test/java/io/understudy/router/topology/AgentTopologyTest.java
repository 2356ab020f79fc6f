package io.understudy.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.topology.Topology.NoPrimary;
import io.understudy.router.topology.Topology.Primary;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against HTTP servers of its own, each a node. */
final class AgentTopologyTest {

    private static final String CLUSTER = "shop";
    private static final Duration SOON = Duration.ofMillis(50);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Told told = new Told();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closing : open.reversed()) {
            closing.close();
        }
    }

    @Test
    void nothingIsToldBeforeAnybodyAnswered() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AgentTopology topology = watch(new Endpoint("127.0.0.1", silent.getLocalPort()));
            silent.accept().close();
            topology.suspect();
            silent.accept().close();
            assertThat(told.rest()).isEmpty();
        }
    }

    @Test
    void aFailoverIsToldAsNoPrimaryAndThenTheNewOne() throws Exception {
        FakeAgent a = agent("a").says(1);
        FakeAgent b = agent("b");
        watch(a.api(), b.api());
        told.until(a.asPrimary(1));
        a.says(0);
        told.next(new NoPrimary());
        b.says(2);
        told.next(b.asPrimary(2));
        assertThat(told.rest()).isEmpty();
    }

    @Test
    void whoeverSubscribesLaterIsToldWhatIsKnown() throws Exception {
        FakeAgent a = agent("a").says(7);
        AgentTopology topology = watch(a.api());
        told.until(a.asPrimary(7));
        Told later = new Told();
        topology.subscribe(later).close();
        Told kept = new Told();
        topology.subscribe(kept);
        kept.next(a.asPrimary(7));
        a.says(0);
        kept.next(new NoPrimary());
        assertThat(later.rest()).doesNotContain(new NoPrimary());
    }

    @Test
    void aStaleNodeThatStillSaysYesIsNotBelieved() throws Exception {
        FakeAgent stale = agent("a").says(3);
        FakeAgent b = agent("b").says(4);
        watch(b.api(), stale.api());
        told.until(b.asPrimary(4));
        b.says(0);
        told.until(new NoPrimary());
        int asked = stale.questions();
        stale.says(0);
        stale.says(3);
        awaitQuestion(stale, asked);
        b.says(5);
        told.next(b.asPrimary(5));
    }

    @Test
    void silenceIsNoWordAgainstAPrimary() throws Exception {
        FakeAgent a = agent("a").says(1);
        FakeAgent b = agent("b");
        AgentTopology topology = watch(a.api(), b.api());
        told.until(a.asPrimary(1));
        int asked = b.questions();
        a.close();
        topology.suspect();
        // Both are asked on meanwhile.
        b.says(0);
        awaitQuestion(b, asked);
        assertThat(told.rest()).isEmpty();
        b.says(2);
        told.next(b.asPrimary(2));
    }

    @Test
    void anAgentThatComesBackIsAskedAgain() throws Exception {
        FakeAgent a = agent("a").says(1);
        watch(a.api());
        told.until(a.asPrimary(1));
        int port = a.api().port();
        a.close();
        FakeAgent again = keep(new FakeAgent(CLUSTER, "a", 5001, port));
        told.next(new NoPrimary());
        again.says(1);
        told.next(again.asPrimary(1));
    }

    @Test
    void anAgentThatRefusesToLetUsWaitIsAskedWithoutWaiting() throws Exception {
        FakeAgent a = agent("a");
        watch(a.api());
        told.next(new NoPrimary());
        a.answersWith(503);
        awaitQuestion(a, a.questions());
        a.says(2);
        a.answersWith(200);
        told.next(a.asPrimary(2));
    }

    @Test
    void membersThatWereAddedAreFoundAndThoseThatWereRemovedAskedNoMore() throws Exception {
        FakeAgent a = agent("a").says(1);
        FakeAgent b = agent("b");
        a.knows(a);
        b.knows(a, b);
        AgentTopology topology = watch(a.api());
        told.until(a.asPrimary(1));
        a.knows(a, b);
        awaitQuestion(b, 0);
        b.says(2);
        told.until(b.asPrimary(2));
        assertThat(topology.agents()).containsExactly(a.api(), b.api());
        a.knows(a);
        b.knows(a);
        await(() -> topology.agents().equals(List.of(a.api())));
    }

    @Test
    void anAgentOfAnotherClusterIsNotBelieved() throws Exception {
        FakeAgent foreign = keep(new FakeAgent("elsewhere", "a", 5001));
        foreign.says(9);
        FakeAgent b = agent("b").says(1);
        watch(foreign.api(), b.api());
        told.until(b.asPrimary(1));
        awaitQuestion(foreign, foreign.questions());
        assertThat(told.rest()).isEmpty();
    }

    @Test
    void theOwnNodeIsAskedWithoutHttpAndTheOthersAreWatchedToo() throws Exception {
        OwnFake own = new OwnFake();
        FakeAgent b = agent("b");
        AgentTopology topology =
                keep(AgentTopology.started(CLUSTER, List.of(b.api()), Optional.of(own), Duration.ofSeconds(30)));
        topology.subscribe(told);
        own.words.put(Optional.of(new Epoch(1)));
        told.until(new Primary(own.node(), new Epoch(1), own.database()));
        own.words.put(Optional.empty());
        told.next(new NoPrimary());
        b.says(2);
        told.next(b.asPrimary(2));
    }

    @Test
    void closingEndsEverything() throws Exception {
        FakeAgent a = agent("a").says(1);
        AgentTopology topology = watch(a.api());
        told.until(a.asPrimary(1));
        topology.close();
        a.says(0);
        a.says(2);
        assertThat(told.rest()).isEmpty();
    }

    private AgentTopology watch(Endpoint... agents) {
        AgentTopology topology = keep(AgentTopology.started(CLUSTER, List.of(agents), Optional.empty(), SOON));
        topology.subscribe(told);
        return topology;
    }

    private FakeAgent agent(String name) throws IOException {
        return keep(new FakeAgent(CLUSTER, name, 5000 + name.charAt(0) - 'a' + 1));
    }

    private <T extends AutoCloseable> T keep(T opened) {
        open.add(opened);
        return opened;
    }

    private static void awaitQuestion(FakeAgent agent, int before) {
        await(() -> agent.questions() > before);
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited in vain").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static final class OwnFake implements OwnNode {
        private final SynchronousQueue<Optional<Epoch>> words = new SynchronousQueue<>();
        private volatile Optional<Epoch> now = Optional.empty();

        @Override
        public NodeId node() {
            return new NodeId("own");
        }

        @Override
        public Endpoint database() {
            return new Endpoint("127.0.0.1", 5432);
        }

        @Override
        public Optional<Epoch> primary() {
            return now;
        }

        @Override
        public Optional<Epoch> awaitOther(Optional<Epoch> known, Duration longest) throws InterruptedException {
            Optional<Epoch> next = words.poll(longest.toNanos(), TimeUnit.NANOSECONDS);
            if (next != null) {
                now = next;
            }
            return now;
        }
    }
}
