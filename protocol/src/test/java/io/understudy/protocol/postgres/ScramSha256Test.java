package io.understudy.protocol.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ScramSha256Test {
    private static final String NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_FIRST =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    private final ScramSha256 exchange = new ScramSha256("user", "pencil", NONCE);

    /** The exchange of RFC 7677, section 3. */
    @Test
    void theExampleOfTheStandardIsFollowedToTheLetter() {
        assertThat(exchange.clientFirst()).isEqualTo("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        assertThat(exchange.clientFinal(SERVER_FIRST))
                .isEqualTo("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThatCode(() -> exchange.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
                .doesNotThrowAnyException();
    }

    @Test
    void aMemoChangesNothingButTheWork() {
        ScramSha256.Memo memo = new ScramSha256.Memo();
        for (String first : new String[] {
            SERVER_FIRST,
            SERVER_FIRST,
            SERVER_FIRST.replace("s=W22Z", "s=X22Z"),
            SERVER_FIRST.replace("i=4096", "i=4097")
        }) {
            String expected = new ScramSha256("user", "pencil", NONCE).clientFinal(first);
            assertThat(new ScramSha256("user", "pencil", NONCE, memo).clientFinal(first))
                    .isEqualTo(expected);
        }
    }

    @Test
    void aServerThatDoesNotKnowThePasswordIsNotBelieved() {
        exchange.clientFinal(SERVER_FIRST);
        refused("does not know this password", () -> exchange.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        refused("does not know this password", () -> exchange.verify("v="));
        refused("refused: invalid-proof", () -> exchange.verify("e=invalid-proof"));
        refused("v= is missing", () -> exchange.verify(""));
    }

    @Test
    void aProofBeforeTheChallengeIsRefused() {
        refused(
                "before it sent its challenge",
                () -> exchange.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    }

    @Test
    void aChallengeThatDoesNotContinueTheExchangeIsRefused() {
        refused("does not continue ours", () -> exchange.clientFinal("r=other,s=QQ==,i=4096"));
        refused("does not continue ours", () -> exchange.clientFinal("r=" + NONCE + ",s=QQ==,i=4096"));
        refused("attributes", () -> exchange.clientFinal("r=" + NONCE + "x"));
        refused("r= is missing", () -> exchange.clientFinal("m=ext,r=" + NONCE + "x,s=QQ==,i=4096"));
        refused("not base64", () -> exchange.clientFinal("r=" + NONCE + "x,s=?,i=4096"));
    }

    @Test
    void iterationCountsOutOfBoundsAreRefusedBeforeAnyWork() {
        for (String count : new String[] {"0", "-1", "10000001", "99999999999", "x", ""}) {
            refused("iteration count", () -> exchange.clientFinal("r=" + NONCE + "x,s=QQ==,i=" + count));
        }
    }

    @Test
    void namesAreEscapedAndBadSecretsRefused() {
        assertThat(new ScramSha256("a=b,c", "x", "n").clientFirst()).isEqualTo("n,,n=a=3Db=2Cc,r=n");
        assertThatIllegalArgumentException().isThrownBy(() -> new ScramSha256("a", "", "n"));
        assertThatIllegalArgumentException().isThrownBy(() -> new ScramSha256("a", "x", "a,b"));
    }

    @Test
    void passwordsThatLookTheSameAreTheSame() {
        String composed = new ScramSha256("", "caf\u00e9", NONCE).clientFinal(SERVER_FIRST);
        assertThat(new ScramSha256("", "cafe\u0301", NONCE).clientFinal(SERVER_FIRST))
                .isEqualTo(composed);
        assertThat(new ScramSha256("", "caf\u00ad\u00e9", NONCE).clientFinal(SERVER_FIRST))
                .isEqualTo(composed);
        assertThat(new ScramSha256("", "cafe", NONCE).clientFinal(SERVER_FIRST)).isNotEqualTo(composed);
    }

    private static void refused(String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(call)
                .withMessageContaining(message);
    }
}
