package io.understudy.router.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a client sends: a clear error or a closed connection, bounded memory, and nobody else notices. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
class HostileInputTest {
    /** Short, because tests wait for it. */
    private static final Duration LOGIN_TIMEOUT = Duration.ofSeconds(3);

    private static final String CLIENT_TYPES = "QPBEDCSHFXdcfp";
    private static final int ONE_GIB = 1 << 30;
    private static final int MIB = 1 << 20;
    private static final int SEEDS = 300;

    private EmbeddedServer server;
    private RouterUnderTest router;
    private Bystander bystander;

    @BeforeAll
    void start() throws Exception {
        server = EmbeddedServer.start();
        try (var connection = Bystander.connect(server.address());
                var statement = connection.createStatement()) {
            statement.execute("CREATE ROLE " + EmbeddedServer.TRUSTED + " LOGIN");
        }
        router = RouterUnderTest.start(server, LOGIN_TIMEOUT);
    }

    @BeforeEach
    void watch() throws Exception {
        bystander = new Bystander(router.address());
    }

    @AfterEach
    void nobodyElseNoticed() throws Exception {
        bystander.close();
        // And a new client gets in.
        try (Wire wire = Wire.loggedIn(router.address())) {
            wire.send(Wire.query("SELECT 42"));
            assertThat(wire.awaitReady()).anyMatch(message -> message.type() == 'D' && message.contains("42"));
        }
    }

    @AfterAll
    void stop() throws Exception {
        router.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1, 2, 3, 4, 7, 10_001, ONE_GIB, Integer.MAX_VALUE})
    void aStartUpPacketOfAnImpossibleLengthEndsTheConnection(int length) throws Exception {
        try (Wire wire = Wire.connect(router.address())) {
            byte[] packet = Wire.startUp();
            ByteBuffer.wrap(packet).putInt(length);
            wire.sendIfOpen(packet);
            assertThat(wire.awaitEnd()).allMatch(message -> message.type() == 'E');
        }
    }

    @Test
    void aLargeStartUpPacketIsReadWholeOrRefused() throws Exception {
        try (Wire wire = Wire.connect(router.address())) {
            wire.sendIfOpen(Wire.startUp(
                    "user", EmbeddedServer.TRUSTED, "database", "postgres", "application_name", "x".repeat(100_000)));
            assertThat(wire.awaitEnd()).allMatch(message -> message.type() == 'E');
        }
    }

    @Test
    void aStartUpPacketWithoutItsLastZeroIsRefused() throws Exception {
        byte[] whole = Wire.startUp();
        byte[] shorter = Arrays.copyOf(whole, whole.length - 2);
        ByteBuffer.wrap(shorter).putInt(shorter.length);
        try (Wire wire = Wire.connect(router.address())) {
            wire.sendIfOpen(shorter);
            assertThat(wire.awaitEnd()).isNotEmpty().allMatch(message -> message.type() == 'E');
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1, 2, 3, Integer.MAX_VALUE})
    void aMessageOfAnImpossibleLengthEndsTheSession(int length) throws Exception {
        for (char type : CLIENT_TYPES.toCharArray()) {
            try (Wire wire = Wire.loggedIn(router.address())) {
                wire.sendIfOpen(Wire.header(type, length, new byte[8]));
                assertThat(wire.awaitEnd())
                        .as("type %s", type)
                        .anyMatch(message -> message.type() == 'E' && message.contains("08P01"));
            }
        }
    }

    @Test
    void anUnknownTypeOfMessageEndsTheSessionWithAnError() throws Exception {
        for (char type = 0; type < 256; type++) {
            if (CLIENT_TYPES.indexOf(type) < 0) {
                try (Wire wire = Wire.loggedIn(router.address())) {
                    wire.sendIfOpen(Wire.message(type));
                    assertThat(wire.awaitEnd())
                            .as("type %d", (int) type)
                            .anyMatch(message -> message.type() == 'E' && message.contains("08P01"));
                }
            }
        }
    }

    @Test
    void anUnknownTypeOfMessageInATransactionRollsItBack() throws Exception {
        try (Wire wire = Wire.loggedIn(router.address())) {
            wire.send(Wire.query("BEGIN; SELECT pg_advisory_xact_lock(99)"));
            wire.awaitReady();
            wire.sendIfOpen(Wire.message('?'));
            wire.awaitEnd();
        }
        try (Wire wire = Wire.loggedIn(router.address())) {
            wire.send(Wire.query("BEGIN; SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock(99); COMMIT"));
            assertThat(wire.awaitReady()).noneMatch(message -> message.type() == 'E');
        }
    }

    @Test
    void aConversationCutAnywhereEndsAndGivesItsServerConnectionBack() throws Exception {
        byte[] whole = conversation();
        // Many more than there are server connections.
        for (int length = 0; length < whole.length; length++) {
            try (Wire wire = Wire.connect(router.address())) {
                wire.sendIfOpen(Arrays.copyOf(whole, length));
                wire.endOutput();
                wire.awaitEnd();
            }
        }
    }

    @Test
    void aConversationCutAnywhereWithoutAGoodbyeHarmsNobody() throws Exception {
        byte[] whole = conversation();
        for (int length = 0; length < whole.length; length++) {
            try (Wire wire = Wire.connect(router.address())) {
                wire.sendIfOpen(Arrays.copyOf(whole, length));
            }
        }
    }

    @Test
    void aByteAtATimeIsAsGoodAsAllAtOnce() throws Exception {
        try (Wire wire = Wire.connect(router.address())) {
            for (byte one : Wire.startUp()) {
                wire.send(one);
            }
            wire.awaitReady();
            ByteArrayOutputStream statements = new ByteArrayOutputStream();
            statements.writeBytes(Wire.query("SELECT 'simple'"));
            statements.writeBytes(extended());
            for (byte one : statements.toByteArray()) {
                wire.send(one);
            }
            assertThat(wire.awaitReady()).anyMatch(message -> message.contains("simple"));
            assertThat(wire.awaitReady()).anyMatch(message -> message.contains("extended"));
        }
    }

    @Test
    void manyMessagesAtOnceAreAnsweredOneByOne() throws Exception {
        try (Wire wire = Wire.loggedIn(router.address())) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 1000; i++) {
                all.writeBytes(i % 2 == 0 ? Wire.query("SELECT 'number " + i + "'") : extended());
            }
            wire.send(all.toByteArray());
            for (int i = 0; i < 1000; i++) {
                String expected = i % 2 == 0 ? "number " + i : "extended";
                assertThat(wire.awaitReady()).anyMatch(message -> message.type() == 'D' && message.contains(expected));
            }
        }
    }

    /** One GiB is announced and never comes: no room may be made for it, and the connection must stay closable. */
    @Test
    void aHugeAnnouncedLengthCostsNothingBeforeItsBytesCome() throws Exception {
        long before = residentBytes();
        List<Wire> wires = new ArrayList<>();
        try {
            for (char type : CLIENT_TYPES.toCharArray()) {
                for (int i = 0; i < 10; i++) {
                    Wire wire = Wire.loggedIn(router.address());
                    wires.add(wire);
                    wire.sendIfOpen(Wire.header(type, ONE_GIB - 1, new byte[1024]));
                }
            }
            assertThat(residentBytes() - before).isLessThan(128L * MIB);
        } finally {
            for (Wire wire : wires) {
                wire.close();
            }
        }
    }

    @Test
    void anEndlessNameIsRefusedInBoundedMemory() throws Exception {
        long before = residentBytes();
        byte[] part = new byte[MIB];
        Arrays.fill(part, (byte) 'x');
        for (char type : "PBDCE".toCharArray()) {
            try (Wire wire = Wire.loggedIn(router.address())) {
                wire.sendIfOpen(Wire.header(type, ONE_GIB - 1));
                for (int i = 0; i < 64; i++) {
                    wire.sendIfOpen(part);
                }
                wire.endOutputIfOpen();
                wire.awaitEnd();
            }
        }
        assertThat(residentBytes() - before).isLessThan(192L * MIB);
    }

    @Test
    void whatWasAskedBeforeAGoodbyeIsAnsweredWhole() throws Exception {
        for (int i = 0; i < 100; i++) {
            try (Wire wire = Wire.connect(router.address())) {
                wire.send(conversation());
                assertThat(wire.awaitEnd())
                        .filteredOn(message -> message.type() == 'Z')
                        .hasSize(4);
            }
        }
    }

    /** Far more than any buffer between, and nobody reads it. */
    @Test
    void aClientThatNeverReadsHoldsBoundedMemory() throws Exception {
        long before = residentBytes();
        List<Wire> wires = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                Wire wire = Wire.loggedIn(router.address());
                wires.add(wire);
                wire.send(Wire.query("SELECT repeat('x', 100000) FROM generate_series(1, 3000) /* never read */"));
            }
            waitForBlockedServers(5);
            assertThat(residentBytes() - before).isLessThan(128L * MIB);
        } finally {
            for (Wire wire : wires) {
                wire.close();
            }
        }
        // The server's side of it ends as well: nobody would ever read the rest.
        waitForBlockedServers(0);
    }

    @Test
    void aClientThatAsksWithoutEverReadingHoldsBoundedMemory() throws Exception {
        long before = residentBytes();
        try (Wire wire = Wire.loggedIn(router.address())) {
            byte[] many = repeated(Wire.query("SELECT repeat('x', 1000)"), 1000);
            Thread flood = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 1000; i++) {
                    wire.sendIfOpen(many);
                }
            });
            // It must come to a stand: not even a hundredth of it fits anywhere.
            assertThat(flood.join(Duration.ofSeconds(3))).isFalse();
            assertThat(residentBytes() - before).isLessThan(128L * MIB);
            wire.close();
            assertThat(flood.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void aClientThatAsksOneByOneAndNeverReadsIsReadNoFurther() throws Exception {
        try (Wire wire = Wire.loggedIn(router.address())) {
            // Long, so that soon nothing more of them fits into the buffers of the kernel either.
            byte[] one = Wire.query("SELECT repeat('x', 7000) /*" + "y".repeat(4_000) + "*/");
            AtomicInteger asked = new AtomicInteger();
            Thread patient = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 20_000; i++) {
                    wire.sendIfOpen(one);
                    asked.incrementAndGet();
                    // Each answer is whole, and the server connection given back, before the next is asked for.
                    LockSupport.parkNanos(200_000);
                }
            });
            // Only what fits in the buffers between is asked: what the router sends goes nowhere.
            assertThat(patient.join(Duration.ofSeconds(8))).isFalse();
            int then = asked.get();
            assertThat(patient.join(Duration.ofSeconds(1))).isFalse();
            assertThat(asked).hasValue(then);
            wire.close();
            assertThat(patient.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void aClientThatOnlySyncsAndNeverReadsIsReadNoFurther() throws Exception {
        try (Wire wire = Wire.loggedIn(router.address())) {
            byte[] many = repeated(Wire.sync(), 10_000);
            Thread flood = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 2_000; i++) {
                    wire.sendIfOpen(many);
                }
            });
            assertThat(flood.join(Duration.ofSeconds(3))).isFalse();
            wire.close();
            assertThat(flood.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void halvesOfMessagesAreBoundedForAllClientsTogether() throws Exception {
        int half = 15 << 20;
        byte[] begun = Wire.header('P', half + 100, new byte[0]);
        List<Wire> many = new ArrayList<>();
        try {
            for (int i = 0; i < 24; i++) {
                Wire wire = Wire.loggedIn(router.address());
                many.add(wire);
                wire.sendIfOpen(begun);
                wire.sendIfOpen(new byte[half]);
            }
            Postgres.until("some were let go", () -> many.stream().anyMatch(Wire::wasToldAnError));
            try (Wire wire = Wire.loggedIn(router.address())) {
                wire.send(Wire.query("SELECT 42"));
                assertThat(wire.awaitReady()).anyMatch(message -> message.contains("42"));
            }
        } finally {
            for (Wire wire : many) {
                wire.close();
            }
        }
    }

    @Test
    void aThousandConnectionsThatSayNothingKeepNobodyOutAndEnd() throws Exception {
        List<Wire> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 1000; i++) {
                silent.add(Wire.connect(router.address()));
            }
            try (Wire wire = Wire.loggedIn(router.address())) {
                wire.send(Wire.query("SELECT 42"));
                assertThat(wire.awaitReady()).anyMatch(message -> message.contains("42"));
            }
            for (Wire wire : silent) {
                assertThat(wire.awaitEnd()).allMatch(message -> message.type() == 'E');
            }
        } finally {
            for (Wire wire : silent) {
                wire.close();
            }
        }
    }

    @Test
    void aStartUpThatDripsForeverEndsAtTheTimeLimit() throws Exception {
        try (Wire wire = Wire.connect(router.address())) {
            byte[] packet = Wire.startUp();
            wire.send(Arrays.copyOf(packet, packet.length - 1));
            assertThat(wire.awaitEnd()).allMatch(message -> message.type() == 'E');
        }
    }

    @Test
    void anAbandonedPasswordExchangeEndsAtTheTimeLimit() throws Exception {
        try (Wire wire = Wire.connect(router.address())) {
            wire.send(Wire.startUp("user", EmbeddedServer.SUPERUSER, "database", "postgres"));
            assertThat(wire.read().type()).isEqualTo('R');
            assertThat(wire.awaitEnd()).allMatch(message -> message.type() == 'E');
        }
    }

    @Test
    void mutatedConversationsHarmNobody() throws Exception {
        byte[] whole = conversation();
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            byte[] mutated = whole.clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
            }
            try (Wire wire = Wire.connect(router.address())) {
                wire.sendIfOpen(mutated);
                wire.endOutputIfOpen();
                wire.awaitEnd();
            }
        }
    }

    private static byte[] conversation() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(Wire.startUp());
        all.writeBytes(Wire.query("SELECT 1"));
        all.writeBytes(extended());
        all.writeBytes(Wire.query("COPY pg_catalog.pg_class TO STDOUT"));
        all.writeBytes(Wire.message('X'));
        return all.toByteArray();
    }

    /** Parse, Bind, Describe, Execute, Close, Sync. */
    private static byte[] extended() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(Wire.message('P', ascii("named\0SELECT 'extended'\0\0\0")));
        all.writeBytes(Wire.message('B', ascii("\0named\0\0\0\0\0\0\0")));
        all.writeBytes(Wire.message('D', ascii("P\0")));
        all.writeBytes(Wire.message('E', ascii("\0\0\0\0\0")));
        all.writeBytes(Wire.message('C', ascii("Snamed\0")));
        all.writeBytes(Wire.message('S'));
        return all.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    private static byte[] repeated(byte[] one, int times) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < times; i++) {
            all.writeBytes(one);
        }
        return all.toByteArray();
    }

    /** Of this process, which holds the router. */
    private static long residentBytes() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new AssertionError("no VmRSS in /proc/self/status");
    }

    private void waitForBlockedServers(int expected) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        try (var connection = Bystander.connect(server.address());
                var statement = connection.prepareStatement(
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%never read%' AND wait_event = 'ClientWrite'")) {
            int found;
            do {
                try (var result = statement.executeQuery()) {
                    result.next();
                    found = result.getInt(1);
                }
                assertThat(System.nanoTime() - deadline)
                        .as("%d servers wait for a reader, expected %d", found, expected)
                        .isNegative();
            } while (found != expected);
        }
    }
}
