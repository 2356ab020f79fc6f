package io.understudy.router.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.router.sql.CustomSettings;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class StatementMemoryTest {
    private static final int MOST = 4_000;

    private final StatementMemory memory = new StatementMemory(MOST);
    private long ids;

    private Prepared statement(int bytes) {
        return Prepared.byMessage(++ids, new byte[bytes], 0, CustomSettings.NONE, 0);
    }

    private static byte[] name(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void whatSeveralClientsShareCountsOnceUntilTheLastLetsGo() {
        Prepared shared = statement(100);
        StatementNames one = new StatementNames(memory);
        StatementNames other = new StatementNames(memory);
        one.put(name("a"), shared);
        other.put(name("b"), shared);
        other.put(name("c"), shared);
        assertThat(memory.bytes()).isEqualTo(shared.bytes());
        assertThat(other.bytes()).isEqualTo(2L * shared.bytes());
        other.clear();
        assertThat(memory.bytes()).isEqualTo(shared.bytes());
        one.remove(name("a"));
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void anotherStatementOfANameTakesTheFirstOnesPlace() {
        Prepared before = statement(100);
        Prepared after = statement(300);
        StatementNames names = new StatementNames(memory);
        names.put(name("a"), before);
        names.replace(name("a"), before, after);
        assertThat(memory.bytes()).isEqualTo(after.bytes());
        names.replaceAll(same -> before);
        assertThat(memory.bytes()).isEqualTo(before.bytes());
        names.put(name("a"), after);
        assertThat(names.bytes()).isEqualTo(after.bytes());
    }

    @Test
    void whatIsTakenBackWhenAClientIsGoneIsNobodys() {
        Prepared prepared = statement(100);
        StatementNames names = new StatementNames(memory);
        names.put(name("a"), prepared);
        names.close();
        names.put(name("a"), prepared);
        assertThat(names.find(name("a"))).isNull();
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void aSessionThatTakesTooMuchIsRefusedBeforeAllAre() {
        memory.check(0, MOST / 4);
        assertThatThrownBy(() -> memory.check(1, MOST / 4))
                .isInstanceOf(ProtocolViolationException.class)
                .hasMessageContaining("more than 1000 bytes in one session");
        new StatementNames(memory).put(name("a"), statement(MOST - 200));
        assertThatThrownBy(() -> memory.check(0, 1))
                .isInstanceOf(ProtocolViolationException.class)
                .hasMessageContaining("more than 4000 bytes in all sessions");
    }
}
