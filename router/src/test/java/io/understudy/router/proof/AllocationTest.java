package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the event loop leaves to the garbage collector for each transaction once everything has been used: nothing, whatever is said and
 * however long it is. The bound leaves room for what the loop does every second, and for code that is not compiled to the end yet.
 */
@Timeout(300)
class AllocationTest {
    private static final int WARM_UP = 2000;
    private static final int MEASURED = 2000;
    private static final int MOST_BYTES_A_TRANSACTION = 128;
    private static final int BATCH = 20;

    @RegisterExtension
    static final Postgres POSTGRES = new Postgres();

    static Stream<Arguments> transactions() {
        byte[] prepared = Wire.join(Wire.bind("named", "7"), Wire.execute());
        return Stream.of(
                Arguments.of("simple query", Wire.query("SELECT 1")),
                Arguments.of("simple query of 20 kB", Wire.query("SELECT 1 /*" + "x".repeat(20_000) + "*/")),
                Arguments.of("20 kB of rows", Wire.query("SELECT generate_series(1, 1000), repeat('x', 10)")),
                Arguments.of(
                        "unnamed statement",
                        Wire.join(Wire.parse("", "SELECT $1::int"), Wire.bind("", "7"), Wire.execute(), Wire.sync())),
                Arguments.of("named statement", Wire.join(prepared, Wire.sync())),
                Arguments.of("pipeline of 20", Wire.join(repeated(prepared, BATCH), Wire.sync())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("transactions")
    void nothingIsAllocatedForAMessage(String what, byte[] transaction) throws Exception {
        try (RouterUnderTest router = POSTGRES.routed(Knobs.pool(1));
                Wire client = Wire.loggedIn(router.address())) {
            client.ask(Wire.parse("named", "SELECT $1::int"), Wire.sync());
            run(client, transaction, WARM_UP);
            long before = allocatedByRouters();
            run(client, transaction, MEASURED);
            long bytes = (allocatedByRouters() - before) / MEASURED;
            assertThat(before)
                    .as("bytes counted until everything had been used")
                    .isPositive();
            assertThat(bytes).as("bytes for each: %s", what).isLessThan(MOST_BYTES_A_TRANSACTION);
        }
    }

    private static byte[] repeated(byte[] messages, int times) {
        return Wire.join(Collections.nCopies(times, messages).toArray(byte[][]::new));
    }

    private static void run(Wire client, byte[] transaction, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            client.send(transaction);
            assertThat(client.awaitReady()).noneMatch(message -> message.type() == 'E');
        }
    }

    private static long allocatedByRouters() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("router"))
                .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.threadId()))
                .sum();
    }
}
