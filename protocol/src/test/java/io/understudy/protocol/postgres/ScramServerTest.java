package io.understudy.protocol.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.understudy.protocol.postgres.ScramServer.Proven;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScramServerTest {
    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String CLIENT_FIRST = "n,,n=user,r=" + CLIENT_NONCE;
    private static final String WITHOUT_PROOF = "c=biws,r=" + CLIENT_NONCE + SERVER_NONCE;
    private static final String CLIENT_FINAL = WITHOUT_PROOF + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    /** What RFC 7677's server keeps of "pencil". */
    private static final String RFC_7677 = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
            + "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    private final ScramServer server = new ScramServer(ScramVerifier.parse(RFC_7677), SERVER_NONCE);

    @Test
    void theExampleOfTheStandardIsFollowedToTheLetter() {
        assertThat(server.serverFirst(CLIENT_FIRST))
                .isEqualTo("r=" + CLIENT_NONCE + SERVER_NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        assertThat(server.serverFinal(CLIENT_FINAL).map(Proven::serverFinal))
                .contains("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    @Test
    void keysRecoveredFromOneProofLogInAnywhereWithTheSameVerifier() {
        ScramVerifier verifier = ScramVerifier.of("caf\u00e9 noir");
        ScramKeys keys =
                exchange(verifier, new ScramSha256("", "caf\u00e9 noir", "a")).orElseThrow();
        ScramVerifier elsewhere = ScramVerifier.parse(verifier.text());
        assertThat(exchange(elsewhere, ScramSha256.withKeys("", keys, "b"))).isPresent();
        assertThat(exchange(ScramVerifier.of("caf\u00e9 noir"), ScramSha256.withKeys("", keys, "c")))
                .as("another salt, another verifier")
                .isEmpty();
    }

    @Test
    void wipedKeysAreRefusedAndTheirCopiesAreNot() {
        ScramVerifier verifier = ScramVerifier.of("x");
        ScramKeys keys = exchange(verifier, new ScramSha256("", "x", ScramSha256.nonce()))
                .orElseThrow();
        ScramKeys copy = keys.copy();
        keys.close();
        assertThat(exchange(verifier, ScramSha256.withKeys("", copy, "b"))).isPresent();
        assertThatIllegalStateException()
                .isThrownBy(() -> exchange(verifier, ScramSha256.withKeys("", keys, "c")))
                .withMessageContaining("wiped");
        assertThatIllegalStateException().isThrownBy(keys::copy);
    }

    @Test
    void aWrongPasswordAndADecoyFailAlike() {
        assertThat(exchange(ScramVerifier.of("right"), new ScramSha256("", "wrong", "a")))
                .isEmpty();
        byte[] secret = {1, 2, 3};
        ScramVerifier decoy = ScramVerifier.decoy(secret, "nobody");
        assertThat(decoy.isDecoy()).isTrue();
        assertThat(exchange(decoy, new ScramSha256("", "any", "a"))).isEmpty();
        assertThat(ScramVerifier.decoy(secret, "nobody").text()).isEqualTo(decoy.text());
        assertThat(ScramVerifier.decoy(secret, "somebody").saltText()).isNotEqualTo(decoy.saltText());
        assertThat(ScramVerifier.decoy(new byte[] {1}, "nobody").saltText()).isNotEqualTo(decoy.saltText());
    }

    @Test
    void aClientThatCouldBindTheChannelIsLetInAndOneThatInsistsIsNot() {
        assertThat(server.serverFirst("y,,n=,r=abc")).startsWith("r=abc" + SERVER_NONCE);
        refused("c= does not repeat", () -> server.serverFinal(CLIENT_FINAL));
        refused("the nonce is not that", () -> server.serverFinal("c=eSws,r=abc,p=QUJD"));
        refused("channel binding", "p=tls-server-end-point,,n=,r=abc");
    }

    @Test
    void malformedFirstMessagesAreRefused() {
        refused("attributes", "");
        refused("attributes", "n,,n=");
        refused("GS2", "x,,n=,r=abc");
        refused("another identity", "n,a=admin,n=,r=abc");
        refused("extension", "n,,m=x,n=,r=abc");
        refused("n= is missing", "n,,u=,r=abc");
        refused("r= is missing", "n,,n=,q=abc");
        refused("nonce is empty", "n,,n=,r=");
        refused("not printable", "n,,n=,r=a b");
        refused("before it began", () -> server.serverFinal(CLIENT_FINAL));
        server.serverFirst(CLIENT_FIRST);
        refused("twice", () -> server.serverFirst(CLIENT_FIRST));
    }

    @Test
    void malformedFinalMessagesAreRefused() {
        server.serverFirst(CLIENT_FIRST);
        refused("no proof", () -> server.serverFinal(WITHOUT_PROOF));
        refused("no c= and r=", () -> server.serverFinal("c=biws,p=AAAA"));
        refused("c= is missing", () -> server.serverFinal("r=a,c=b,p=AAAA"));
        refused("not base64", () -> server.serverFinal(WITHOUT_PROOF + ",p=?"));
        refused("3 bytes", () -> server.serverFinal(WITHOUT_PROOF + ",p=AAAA"));
        refused("not that of this exchange", () -> server.serverFinal("c=biws,r=" + CLIENT_NONCE + ",p=AAAA"));
    }

    @Test
    void noGarbageGetsThroughOrEndsInAnythingButARefusal() {
        Random random = new Random(20_240_817);
        for (int round = 0; round < 20_000; round++) {
            ScramServer target = new ScramServer(ScramVerifier.parse(RFC_7677), SERVER_NONCE);
            try {
                target.serverFirst(damaged(CLIENT_FIRST, random));
                assertThat(target.serverFinal(damaged(CLIENT_FINAL, random))).isEmpty();
            } catch (MalformedMessageException expected) {
                assertThat(expected).hasMessageContaining("SCRAM-SHA-256: ");
            }
        }
    }

    private static String damaged(String message, Random random) {
        StringBuilder damaged = new StringBuilder(message);
        int at = random.nextInt(damaged.length());
        switch (random.nextInt(3)) {
            case 0 -> damaged.setCharAt(at, (char) (damaged.charAt(at) ^ (1 + random.nextInt(127))));
            case 1 -> damaged.deleteCharAt(at);
            default -> damaged.insert(at, (char) ('!' + random.nextInt(94)));
        }
        return damaged.toString();
    }

    @Test
    void verifiersAreReadAsPostgresqlWritesThem() {
        assertThat(ScramVerifier.parse(RFC_7677).text()).isEqualTo(RFC_7677);
        for (String text : new String[] {
            "",
            "md5abc",
            "SCRAM-SHA-256$",
            RFC_7677 + ":",
            RFC_7677.replace("4096", "0"),
            RFC_7677.replace("4096", "99999999999"),
            RFC_7677.replace("W22Z", "?22Z"),
            RFC_7677.replace("WG5d", "WG5dWG5d")
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ScramVerifier.parse(text))
                    .withMessageContaining("SCRAM verifier");
        }
    }

    @Test
    void nothingSecretIsPrinted() {
        ScramVerifier verifier = ScramVerifier.parse(RFC_7677);
        assertThat(verifier.toString()).isEqualTo("SCRAM verifier (not shown)");
        server.serverFirst(CLIENT_FIRST);
        assertThat(server.serverFinal(CLIENT_FINAL).orElseThrow().toString()).contains("keys (not shown)");
    }

    private static Optional<ScramKeys> exchange(ScramVerifier verifier, ScramSha256 client) {
        ScramServer server = new ScramServer(verifier, ScramSha256.nonce());
        String proof = client.clientFinal(server.serverFirst(client.clientFirst()));
        Optional<Proven> proven = server.serverFinal(proof);
        proven.ifPresent(known ->
                assertThatCode(() -> client.verify(known.serverFinal())).doesNotThrowAnyException());
        return proven.map(Proven::keys);
    }

    private void refused(String message, String clientFirst) {
        refused(message, () -> new ScramServer(ScramVerifier.parse(RFC_7677), SERVER_NONCE).serverFirst(clientFirst));
    }

    private static void refused(String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(call)
                .withMessageContaining(message);
    }
}
