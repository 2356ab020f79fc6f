package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.reconciler.Action;
import io.understudy.engines.postgres.ServerParameters.Upstream;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The clock and the replica are the test's, the primary that answers is a real one. */
class StreamingWatchTest {

    private static final NodeId SELF = new NodeId("b");
    private static final Duration TURN = Duration.ofMillis(250);

    private static TestCluster cluster;
    private static TestNode primary;

    private final AtomicLong nanos = new AtomicLong();
    private final Path log = newLog();
    private final StreamingWatch watch = watch();

    @BeforeAll
    static void start() throws Exception {
        cluster = new TestCluster("a", "b");
        primary = cluster.node("a");
        primary.engine.act(new Action.Initialise());
        primary.engine.act(new Action.StartSealed());
    }

    @AfterAll
    static void end() throws Exception {
        cluster.close();
    }

    @Test
    void oneThatNeverStreamsFromAPrimaryThatAnswersIsHopelessAfterTheLimitAndAskedOnceInAWhile() {
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint))).isEqualTo(StreamingWatch.LIMIT.dividedBy(TURN));
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint))).isEqualTo(StreamingWatch.LIMIT.dividedBy(TURN));
    }

    @Test
    void oneWhosePrimaryDoesNotAnswerIsNot() throws Exception {
        assertThat(turnsUntilHopeless(0, 0, to(new Endpoint("127.0.0.1", TestCluster.freePort()))))
                .isEqualTo(-1);
    }

    @Test
    void oneWhoseReceiverLivesOrWhoseReplayMovesOrWhoFollowsNobodyIsNot() {
        assertThat(turnsUntilHopeless(Integer.MAX_VALUE, 0, to(primary.endpoint)))
                .isEqualTo(-1);
        assertThat(turnsUntilHopeless(0, 1, to(primary.endpoint))).isEqualTo(-1);
        assertThat(turnsUntilHopeless(0, 0, Upstream.NOBODY)).isEqualTo(-1);
    }

    @Test
    void oneWhoseReceiversAllDieSoonIsHopelessHoweverManyThereAre() {
        assertThat(turnsUntilHopeless(20, 0, to(primary.endpoint))).isEqualTo(StreamingWatch.LIMIT.dividedBy(TURN));
    }

    @Test
    void oneThatAReaderKeepsFromReplayingIsNotHoweverLong() {
        for (int turn = 0; turn < StreamingWatch.LIMIT.multipliedBy(4).dividedBy(TURN); turn++) {
            nanos.addAndGet(TURN.toNanos());
            assertThat(watch.isHopeless(glance(0, 0, "relation"), to(primary.endpoint)))
                    .isFalse();
        }
    }

    @Test
    void oneThatIsExcusedIsNotUntilTheExcuseEnds() {
        for (int turn = 0; turn < StreamingWatch.LIMIT.multipliedBy(4).dividedBy(TURN); turn++) {
            nanos.addAndGet(TURN.toNanos());
            watch.excuse();
            assertThat(watch.isHopeless(glance(0, 0), to(primary.endpoint))).isFalse();
        }
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint))).isEqualTo(StreamingWatch.LIMIT.dividedBy(TURN));
    }

    @Test
    void oneThatIsRefusedInWordsThatTimeDoesNotChangeIsHopelessSoon() throws IOException {
        append(
                "[7] FATAL:  could not start WAL streaming: ERROR:  requested starting point 0/40000000 is ahead of the WAL flush"
                        + " position of this server 0/3F000000");
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint))).isEqualTo(StreamingWatch.LIMIT.dividedBy(TURN));
        append(
                "[7] FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000003"
                        + " has already been removed");
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint)))
                .isEqualTo(StreamingWatch.REFUSED_LIMIT.dividedBy(TURN));
        append(
                "[7] FATAL:  could not start WAL streaming: ERROR:  requested starting point 0/40000000 on timeline 93 is not in"
                        + " this server's history");
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint)))
                .isEqualTo(StreamingWatch.REFUSED_LIMIT.dividedBy(TURN));
        // What it was told before it was given up says nothing of the next time.
        assertThat(turnsUntilHopeless(0, 0, to(primary.endpoint))).isEqualTo(StreamingWatch.LIMIT.dividedBy(TURN));
    }

    private void append(String line) throws IOException {
        Files.writeString(log, line + "\n", StandardOpenOption.APPEND);
    }

    private static Path newLog() {
        try {
            return Files.createTempFile(cluster.directory, "server", ".log");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /**
     * Turns until it is given up, -1 when it is not within four times the limit.
     *
     * @param receiverTurns how many turns each receiver lives; 0 for no receiver
     * @param advance bytes replayed in a turn
     */
    private long turnsUntilHopeless(int receiverTurns, int advance, Upstream upstream) {
        long turns = StreamingWatch.LIMIT.multipliedBy(4).dividedBy(TURN);
        for (int turn = 1; turn <= turns; turn++) {
            nanos.addAndGet(TURN.toNanos());
            int receiver = receiverTurns == 0 ? 0 : 1000 + turn / receiverTurns;
            if (watch.isHopeless(glance(receiver, (long) turn * advance), upstream)) {
                return turn;
            }
        }
        return -1;
    }

    private StreamingWatch watch() {
        try {
            return new StreamingWatch(
                    SELF, Roles.fromSecret(cluster.directory.resolve("secret")), new ServerLog(log), nanos::get);
        } catch (java.io.IOException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static Upstream to(Endpoint endpoint) {
        return new Upstream("a", Conninfo.to(endpoint, Roles.loginOf(SELF), Path.of("/none")), Roles.slotOf(SELF));
    }

    private static Glance glance(int receiver, long replayed) {
        return glance(receiver, replayed, Glance.EVERYTHING_READ);
    }

    private static Glance glance(int receiver, long replayed, String startupWait) {
        return new Glance(
                true,
                new Position(replayed),
                Optional.empty(),
                0,
                "",
                "",
                "",
                receiver == 0
                        ? Optional.empty()
                        : Optional.of(new Glance.Receiver(receiver, "streaming", 1, Optional.empty())),
                startupWait,
                "",
                List.of());
    }
}
