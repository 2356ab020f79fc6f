package io.understudy.router.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.understudy.protocol.postgres.ScramVerifier;
import io.understudy.router.front.Verifiers.Standing;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class VerifiersTest {
    private static final String VERIFIER = ScramVerifier.of("pencil").text();

    private final FakeCatalogue catalogue = new FakeCatalogue();
    private long now = 1;
    private final Verifiers verifiers = new Verifiers(catalogue, new byte[] {7}, () -> now);

    @Test
    void aRoleIsAskedForOnceAndRememberedForAWhile() {
        CompletionStage<Standing> first = verifiers.of("app");
        CompletionStage<Standing> second = verifiers.of("app");
        catalogue.answer("t", VERIFIER, "t");
        assertThat(join(first).verifier().text()).isEqualTo(VERIFIER);
        assertThat(join(second).refusal()).isEmpty();
        now += Verifiers.TIME_TO_LIVE.toNanos() - 1;
        join(verifiers.of("app"));
        assertThat(catalogue.questions).hasSize(1);
        now += 1;
        verifiers.of("app");
        assertThat(catalogue.questions).hasSize(2);
    }

    @Test
    void anEvictedRoleIsAskedForAgainAndNoOlderAnswerIsKept() {
        CompletionStage<Standing> first = verifiers.of("app");
        verifiers.evict("app");
        catalogue.answer("t", VERIFIER, "t");
        assertThat(join(first).refusal()).isEmpty();
        verifiers.of("app");
        assertThat(catalogue.questions).hasSize(2);
        catalogue.answer("t", VERIFIER, "t");
        verifiers.evictAll();
        verifiers.of("app");
        assertThat(catalogue.questions).hasSize(3);
    }

    @Test
    void whoMayNotLogInGetsADecoyThatStaysTheSame() {
        for (Object[] row : new Object[][] {
            {"no such role"},
            {"may not log in", "f", VERIFIER, "t"},
            {"has no password", "t", null, "t"},
            {"has expired", "t", VERIFIER, "f"},
            {"MD5", "t", "md5abc", "t"},
            {"damaged", "t", VERIFIER.replaceFirst("4096", "0"), "t"},
        }) {
            CompletionStage<Standing> asked = verifiers.of("who");
            String[] answer = new String[row.length - 1];
            System.arraycopy(row, 1, answer, 0, answer.length);
            catalogue.answer(answer);
            Standing standing = join(asked);
            assertThat(standing.refusal()).contains((String) row[0]).doesNotContain(VERIFIER);
            assertThat(standing.verifier().isDecoy()).isTrue();
            assertThat(standing.verifier().text())
                    .isEqualTo(ScramVerifier.decoy(new byte[] {7}, "who").text());
            verifiers.evict("who");
        }
    }

    @Test
    void aFailedQuestionIsNotRemembered() {
        CompletionStage<Standing> asked = verifiers.of("app");
        catalogue.fail(new IOException("there is no primary"));
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> join(asked))
                .withMessageContaining("no primary");
        verifiers.of("app");
        assertThat(catalogue.questions).hasSize(2);
    }

    @Test
    void inventedNamesAreBounded() {
        for (int i = 0; i < Verifiers.MAX_QUESTIONS; i++) {
            verifiers.of("user" + i);
        }
        assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> join(verifiers.of("one more")));
        assertThat(catalogue.questions).hasSize(Verifiers.MAX_QUESTIONS);
        catalogue.answer("t", VERIFIER, "t");
        verifiers.of("one more");
        assertThat(catalogue.questions).hasSize(Verifiers.MAX_QUESTIONS + 1);
    }

    @Test
    void namesAreQuotedSoThatNothingEscapes() {
        assertThat(Verifiers.literal("a'b\\c\\'")).isEqualTo("E'a''b\\\\c\\\\'''");
        assertThat(Verifiers.question("app"))
                .isEqualTo(
                        "SELECT a.rolcanlogin, a.rolpassword,"
                                + " a.rolvaliduntil IS NULL OR a.rolvaliduntil OPERATOR(pg_catalog.>=) pg_catalog.now()"
                                + " FROM pg_catalog.pg_authid a WHERE a.rolname OPERATOR(pg_catalog.=) E'app'::pg_catalog.name");
    }

    private static Standing join(CompletionStage<Standing> stage) {
        CompletableFuture<Standing> future = stage.toCompletableFuture();
        assertThat(future).isDone();
        return future.join();
    }
}
