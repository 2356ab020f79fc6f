package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.router.admin.PoolFigures;
import io.understudy.router.admin.RouterFigures;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whole sessions drawn at random. A longer run, or the one of a failure: {@code -Drouter.fuzz.seeds=10000},
 * {@code -Drouter.fuzz.first=SEED}.
 */
@Timeout(600)
class SessionFuzzTest {
    private static final int SEEDS = Integer.getInteger("router.fuzz.seeds", 60);
    private static final int FIRST = Integer.getInteger("router.fuzz.first", 1);
    private static final int CLIENTS = 3;
    private static final int TURNS = 25;
    private static final int MUTATIONS = 4;
    private static final int MOST_CUT_SHORT_OF = 10;
    private static final long MOST_BUFFER_BYTES = 64 << 20;

    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    /** One for what is asked past the router, one for what is asked through it. */
    @BeforeAll
    static void databases() throws Exception {
        POSTGRES.execute("create database past", "create database through");
    }

    /** One client's conversation, and how far it is. */
    private static final class Speaker {
        private final List<Conversation.Turn> turns;
        private final Wire past;
        private final Wire through;
        private final Map<String, String> reportedPast = new HashMap<>();
        private final Map<String, String> reportedThrough = new HashMap<>();
        private int next;
        private boolean inFailedTransaction;
        private boolean cutShort;

        Speaker(List<Conversation.Turn> turns, RouterUnderTest router) throws IOException {
            this.turns = turns;
            past = Wire.loggedIn(POSTGRES.address(), "database", "past");
            through = Wire.loggedIn(router.address(), "database", "through");
        }

        boolean wasCutShort() {
            return cutShort;
        }

        boolean hasMore() {
            return next < turns.size();
        }

        void speak(String who) throws IOException {
            Conversation.Turn turn = turns.get(next++);
            if (inFailedTransaction && turn.reachesBack()) {
                // PostgreSQL 18 itself may crash when it is asked to execute a portal of a transaction that failed.
                return;
            }
            try {
                past.send(turn.bytes());
                Answer expected = Answer.to(past, reportedPast);
                through.send(turn.bytes());
                Answer answer = Answer.to(through, reportedThrough);
                if (inFailedTransaction && answer.isOfFailedTransaction() && !answer.equals(expected)) {
                    // Describing a statement is possible in a failed transaction. Preparing it first, where it is not
                    // yet, is not; nor is what followed in the same batch.
                    next = turns.size();
                    cutShort = true;
                    return;
                }
                inFailedTransaction = expected.leavesFailedTransaction();
                assertThat(answer)
                        .as("%s after %s", who, turns.subList(0, next))
                        .isEqualTo(expected);
            } catch (IOException broken) {
                throw new AssertionError(who + " got no answer after " + turns.subList(0, next), broken);
            }
        }

        void leave() throws IOException {
            past.close();
            through.close();
        }
    }

    /** As many server connections as clients, since each may keep one; between transactions they are anybody's. */
    @Test
    void everyAnswerIsTheServers() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(CLIENTS))) {
            int cutShort = 0;
            for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
                Random random = new Random(seed);
                List<Speaker> speakers = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    speakers.add(new Speaker(Conversation.drawn(random, "client" + i, TURNS), router));
                }
                while (speakers.stream().anyMatch(Speaker::hasMore)) {
                    int turn = random.nextInt(CLIENTS);
                    if (speakers.get(turn).hasMore()) {
                        speakers.get(turn).speak("seed " + seed + ": client " + turn);
                    }
                }
                for (Speaker speaker : speakers) {
                    cutShort += speaker.wasCutShort() ? 1 : 0;
                    speaker.leave();
                }
            }
            assertThat(cutShort).as("conversations cut short").isLessThan(SEEDS * CLIENTS / MOST_CUT_SHORT_OF + 2);
        }
    }

    /** What is no protocol any more ends at most the client that sends it. */
    @Test
    void mutatedSessionsHarmNobodyElse() throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(2));
                Wire healthy = Wire.loggedIn(router.address(), "database", "through")) {
            for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
                Random random = new Random(seed);
                List<byte[]> messages = new ArrayList<>();
                // Without what may crash PostgreSQL 18 itself: it would take the healthy one with it.
                Conversation.drawn(random, "mutant", TURNS).stream()
                        .filter(turn -> !turn.reachesBack())
                        .forEach(turn -> messages.addAll(turn.messages()));
                byte[] bytes = Mutation.of(messages, random, MUTATIONS);
                try (Wire mutant = Wire.loggedIn(router.address(), "database", "through")) {
                    Thread sender = Thread.ofVirtual().start(() -> {
                        mutant.sendIfOpen(bytes);
                        mutant.endOutputIfOpen();
                    });
                    assertThat(healthy.value("SELECT " + seed))
                            .as("seed %d: while it is sent", seed)
                            .isEqualTo(Integer.toString(seed));
                    readToTheEnd(mutant);
                    sender.join();
                }
                assertThat(healthy.value("SELECT " + seed))
                        .as("seed %d: afterwards", seed)
                        .isEqualTo(Integer.toString(seed));
            }
            Postgres.until("all server connections are free again", () -> isAtRest(figures(router)));
            assertThat(figures(router).memory().direct()).isLessThan(MOST_BUFFER_BYTES);
        }
    }

    private static boolean isAtRest(RouterFigures seen) {
        return seen.door().clients() == 1
                && seen.pools().stream()
                        .filter(PoolFigures::present)
                        .allMatch(pool -> pool.serversActive() == 0 && pool.clientsWaiting() == 0);
    }

    private static RouterFigures figures(RouterUnderTest router) throws InterruptedException {
        return router.router().figures(Duration.ofSeconds(10)).orElseThrow();
    }

    private static void readToTheEnd(Wire client) throws IOException {
        try {
            while (true) {
                client.read();
            }
        } catch (EOFException | SocketException ended) {
            // As it should: its output ended.
            return;
        }
    }
}
