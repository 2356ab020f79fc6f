package io.understudy.router.proof;

import static io.understudy.router.proof.Wire.bind;
import static io.understudy.router.proof.Wire.copyData;
import static io.understudy.router.proof.Wire.copyDone;
import static io.understudy.router.proof.Wire.execute;
import static io.understudy.router.proof.Wire.flush;
import static io.understudy.router.proof.Wire.parse;
import static io.understudy.router.proof.Wire.query;
import static io.understudy.router.proof.Wire.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that say what nobody asked for, or end in the middle: whoever shares their connection gets nothing of it. */
@Timeout(60)
class StrayServerTest {
    private static final int MANY = 2000;
    private static final int HALF = 60;

    @ParameterizedTest
    @ValueSource(chars = {'Z', 'D', 'C', '1', '2', 'T'})
    void anAnswerTooManyEndsTheConnectionAndReachesNobody(char type) throws Exception {
        try (FakeServer server = new FakeServer((link, message) -> {
                    boolean strays = message.contains("stray");
                    if (strays) {
                        link.send(
                                Wire.message('T', new byte[2]),
                                FakeServer.row("stray"),
                                FakeServer.complete("SELECT 1"),
                                FakeServer.ready(),
                                stray(type));
                    }
                    return strays;
                });
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            assertThat(one.ask("stray")).isEqualTo("T D(stray) C(SELECT 1) ZI");
            Postgres.until("the connection was ended", () -> server.ended() == 1);
            for (int i = 0; i < 3; i++) {
                assertThat(other.ask("other " + i)).isEqualTo("T D(other " + i + ") C(SELECT 1) ZI");
                assertThat(one.ask("one " + i)).isEqualTo("T D(one " + i + ") C(SELECT 1) ZI");
            }
            assertThat(server.begun()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(chars = {'Z', 'D', 'C', '1'})
    void anAnswerOfAServerThatRestsReachesNobody(char type) throws Exception {
        CountDownLatch now = new CountDownLatch(1);
        try (FakeServer server = new FakeServer((link, message) -> {
                    boolean strays = message.contains("stray");
                    if (strays) {
                        link.answer(message);
                        now.await();
                        link.send(stray(type));
                    }
                    return strays;
                });
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            assertThat(one.ask("stray")).isEqualTo("T D(stray) C(SELECT 1) ZI");
            now.countDown();
            Postgres.until("the connection was ended", () -> server.ended() == 1);
            assertThat(other.ask("other")).isEqualTo("T D(other) C(SELECT 1) ZI");
            assertThat(one.ask("one")).isEqualTo("T D(one) C(SELECT 1) ZI");
        }
    }

    @Test
    void nothingIsWrittenInsideOfARowWhoseServerDies() throws Exception {
        byte[] half = Arrays.copyOf(FakeServer.row("r".repeat(200)), HALF);
        try (FakeServer server = halfARow(half, new CountDownLatch(0));
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            one.send(query("half"));
            assertThat(one.bytesToTheEnd()).isEqualTo(half);
            assertThat(other.ask("other")).isEqualTo("T D(other) C(SELECT 1) ZI");
        }
    }

    @Test
    void nothingIsWrittenInsideOfARowWhenTheRouterEnds() throws Exception {
        byte[] half = Arrays.copyOf(FakeServer.row("r".repeat(200)), HALF);
        try (FakeServer server = halfARow(half, new CountDownLatch(1));
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire()) {
            one.send(query("half"));
            Postgres.until("it came", () -> !one.isSilent());
            router.close();
            assertThat(one.bytesToTheEnd()).isEqualTo(half);
        }
    }

    private static FakeServer halfARow(byte[] half, CountDownLatch end) throws Exception {
        return new FakeServer((link, message) -> {
            boolean isIt = message.contains("half");
            if (isIt) {
                link.send(half);
                end.await();
                link.close();
            }
            return isIt;
        });
    }

    @Test
    void thousandsWhoWaitForASlowWelcomeAllGetIt() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        List<Wire> clients = new ArrayList<>();
        try (FakeServer server = new FakeServer(
                        link -> {
                            open.await();
                            link.welcome("off");
                        },
                        (link, message) -> false);
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1))) {
            for (int i = 0; i < MANY; i++) {
                Wire client = Wire.connect(router.address());
                clients.add(client);
                client.send(Wire.startUp());
            }
            open.countDown();
            for (Wire client : clients) {
                assertThat(client.line()).isEqualTo("R K ZI");
            }
            for (int i = 0; i < MANY; i++) {
                clients.get(i).send(query("client " + i));
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(clients.get(i).line()).isEqualTo("T D(client " + i + ") C(SELECT 1) ZI");
            }
            assertThat(server.begun()).isEqualTo(1);
        } finally {
            for (Wire client : clients) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(chars = {'H', 'S'})
    void aCopyWhoseServerClosesItsConnectionIsToldAndItsClientGoesOn(char behindExecute) throws Exception {
        try (FakeServer server = new FakeServer((link, message) -> {
                    switch (message.type()) {
                        case 'E' -> link.send(Wire.message('G', new byte[3]));
                        case 'd' -> link.close();
                        // Overlooked as long as it takes data.
                        case 'S' -> {}
                        default -> {
                            return false;
                        }
                    }
                    return true;
                });
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire()) {
            one.send(parse("", "copy numbers from stdin"), bind(""), execute(), Wire.message(behindExecute));
            one.expect('1');
            one.expect('2');
            one.expect('G');
            one.send(copyData("1\n"));
            assertThat(one.expect('E').field('C')).isEqualTo("40003");
            assertThat(one.ask(copyData("2\n"), flush(), copyDone(), sync())).isEqualTo("ZI");
            assertThat(one.ask("on")).isEqualTo("T D(on) C(SELECT 1) ZI");
        }
    }

    @Test
    void aServerThatDiesWhileItIsAskedWhatASessionHoldsEndsThatSessionOnly() throws Exception {
        try (FakeServer server = new FakeServer((link, message) -> {
                    if (message.type() == 'Q' && message.contains("set ")) {
                        link.send(FakeServer.complete("SET"), FakeServer.ready());
                        return true;
                    }
                    if (message.type() == 'B' && message.contains("understudy_state")) {
                        link.close();
                    }
                    return false;
                });
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            one.send(query("set work_mem = '5MB'"));
            other.send(query("other"));
            assertThat(one.line()).isEqualTo("C(SET) ZI");
            assertThat(Wire.line(one.awaitEnd())).isEqualTo("E57P01");
            assertThat(other.line()).isEqualTo("T D(other) C(SELECT 1) ZI");
        }
    }

    static byte[] stray(char type) {
        return switch (type) {
            case 'Z' -> FakeServer.ready();
            case 'D' -> FakeServer.row("STRAY");
            case 'C' -> FakeServer.complete("STRAY");
            case 'T' -> Wire.message('T', new byte[2]);
            case 'E' -> FakeServer.error("ERROR", "XX000");
            default -> Wire.message(type);
        };
    }

    @ParameterizedTest
    @ValueSource(chars = {'Z', 'D', 'C', '1', '2', 'T', 'E'})
    void anAnswerTooManyReachesNobodyWhoWaits(char type) throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (FakeServer server = new FakeServer((link, message) -> {
                    boolean strays = message.contains("stray");
                    if (strays) {
                        answer.await();
                        link.send(
                                Wire.message('T', new byte[2]),
                                FakeServer.row("stray"),
                                FakeServer.complete("SELECT 1"),
                                FakeServer.ready(),
                                stray(type));
                    }
                    return strays;
                });
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            one.send(query("stray"));
            other.send(query("first"));
            // The router has seen both by the time that somebody else was let in.
            router.wire().close();
            answer.countDown();
            assertThat(one.line()).isEqualTo("T D(stray) C(SELECT 1) ZI");
            assertThat(other.line()).isIn("T D(first) C(SELECT 1) ZI", "E40003 ZI");
        }
    }

    @Test
    void anErrorOfAServerThatRestsReachesNobody() throws Exception {
        try (FakeServer server = new FakeServer((link, message) -> {
                    boolean strays = message.contains("stray");
                    if (strays) {
                        link.answer(message);
                        link.send(stray('E'));
                    }
                    return strays;
                });
                RouterUnderTest router = RouterUnderTest.start(server.address(), Knobs.pool(1));
                Wire one = router.wire();
                Wire other = router.wire()) {
            assertThat(one.ask("stray")).isEqualTo("T D(stray) C(SELECT 1) ZI");
            // Once somebody has it again, an error that nobody asked for cannot be told from one of what was asked.
            Postgres.until("the server that strayed is given up", () -> server.ended() == 1);
            assertThat(other.ask("other")).isEqualTo("T D(other) C(SELECT 1) ZI");
            assertThat(other.ask("again")).isEqualTo("T D(again) C(SELECT 1) ZI");
            assertThat(one.ask("one")).isEqualTo("T D(one) C(SELECT 1) ZI");
        }
    }
}
