package io.understudy.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

/** What an answer says, and how answers are noted. */
class AnswersTest {

    @ParameterizedTest
    @CsvSource({"25006,true", "40001,true", "53100,true", "40003,false", "57P01,false", "08006,false", "XX000,false"})
    void anErrorSaysThatNothingWasDoneOrSaysNothing(String state, boolean refusal) {
        PSQLException told = new PSQLException(new ServerErrorMessage("SERROR\0C" + state + "\0Mno\0"));
        assertThat(WriteClient.isRefusal(told)).isEqualTo(refusal);
    }

    @Test
    void whatTheDriverSaysByItselfSaysNothing() {
        assertThat(WriteClient.isRefusal(new PSQLException("gone", PSQLState.CONNECTION_FAILURE)))
                .isFalse();
        assertThat(WriteClient.isRefusal(new SQLException("what", "25006"))).isFalse();
    }

    @Test
    void aTransactionThatFailedBeforeItsCommitWasNotDone() {
        assertThat(WriteClient.isRefusal(new Write.NeverCommittedException(new SQLException("gone", "08006"))))
                .isTrue();
    }

    @Test
    void aWriteIsAnsweredOnce() {
        Book book = new Book();
        int id = book.send(3);
        book.unknown(id);
        assertThat(book.client(id)).isEqualTo(3);
        assertThatThrownBy(() -> book.acknowledged(id, 0)).hasMessageContaining("answered already");
        assertThatThrownBy(() -> book.refused(id + 1, "")).hasMessageContaining("never sent");
    }

    @Test
    void whatGrewOutOfAnAnswerTakesItsPlace() {
        Shown shown = new Shown(0);
        shown.lists("r", Map.of(1, new int[] {1}));
        shown.lists("r", Map.of(1, new int[] {1, 2}));
        shown.lists("r", Map.of(1, new int[] {1, 3}));
        List<int[]> answers = shown.lists().getOrDefault("r", Map.of()).getOrDefault(1, List.of());
        assertThat(answers).containsExactly(new int[] {1, 2}, new int[] {1, 3});
    }

    @Test
    void nobodyPaysHimself() {
        for (int id = 1; id < 10_000; id++) {
            assertThat(Schema.payee(id)).isNotEqualTo(Schema.payer(id)).isBetween(0, Schema.ACCOUNTS - 1);
        }
    }
}
