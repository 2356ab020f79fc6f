package io.understudy.protocol.postgres;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding, as PostgreSQL speaks it: {@link #serverFirst}, then
 * {@link #serverFinal}, once each. Used by one thread.
 */
public final class ScramServer {
    /**
     * The client knows the password.
     *
     * @param serverFinal the server-final-message
     * @param keys what the proof gave away; whoever takes them closes them
     */
    public record Proven(String serverFinal, ScramKeys keys) {}

    private final ScramVerifier verifier;
    private final String serverNonce;
    private @Nullable Challenge challenge;

    private record Challenge(String gs2Header, String clientFirstBare, String nonce, String serverFirst) {}

    /**
     * Begins an exchange.
     *
     * @param serverNonce as {@link ScramSha256#nonce} makes one, fresh for every exchange
     */
    public ScramServer(ScramVerifier verifier, String serverNonce) {
        this.verifier = verifier;
        this.serverNonce = serverNonce;
    }

    /**
     * The server-first-message.
     *
     * @throws MalformedMessageException when {@code clientFirst} is none, or asks for what is not offered: channel binding, another
     *     identity to act as, an extension
     */
    public String serverFirst(String clientFirst) {
        if (challenge != null) {
            throw ScramSha256.malformed("the client began the exchange twice");
        }
        String[] parts = clientFirst.split(",", -1);
        if (parts.length < 4) {
            throw ScramSha256.malformed(
                    "client-first-message has %d attributes, expected a GS2 header, n and r".formatted(parts.length));
        }
        checkGs2Header(parts[0], parts[1]);
        if (parts[2].startsWith("m=")) {
            throw ScramSha256.malformed("the client requires an extension, and none is known");
        }
        ScramSha256.attribute(parts[2], 'n');
        String clientNonce = ScramSha256.attribute(parts[3], 'r');
        if (clientNonce.isEmpty() || clientNonce.chars().anyMatch(c -> c < '!' || c > '~')) {
            throw ScramSha256.malformed("the client's nonce is empty or not printable ASCII");
        }
        String header = parts[0] + ",,";
        String nonce = clientNonce + serverNonce;
        String serverFirst = "r=" + nonce + ",s=" + verifier.saltText() + ",i=" + verifier.iterations();
        challenge = new Challenge(header, clientFirst.substring(header.length()), nonce, serverFirst);
        return serverFirst;
    }

    private static void checkGs2Header(String binding, String identity) {
        if (binding.startsWith("p=")) {
            throw ScramSha256.malformed("the client asks for channel binding, which is not offered;"
                    + " connect with channel_binding=disable or prefer");
        }
        if (!binding.equals("n") && !binding.equals("y")) {
            throw ScramSha256.malformed("the GS2 header does not begin with n or y");
        }
        if (!identity.isEmpty()) {
            throw ScramSha256.malformed("the client asks to act as another identity, which is not supported");
        }
    }

    /**
     * Checks the client's proof.
     *
     * @return empty when it is wrong, or the verifier is a decoy
     * @throws MalformedMessageException when {@code clientFinal} is no client-final-message of this exchange
     */
    public Optional<Proven> serverFinal(String clientFinal) {
        Challenge begun = challenge;
        if (begun == null) {
            throw ScramSha256.malformed("the client sent its proof before it began the exchange");
        }
        int proofAt = clientFinal.lastIndexOf(",p=");
        if (proofAt < 0) {
            throw ScramSha256.malformed("the client-final-message has no proof at its end");
        }
        String withoutProof = clientFinal.substring(0, proofAt);
        checkContinues(begun, withoutProof.split(",", -1));
        byte[] proof = ScramSha256.base64("proof", clientFinal.substring(proofAt + ",p=".length()));
        if (proof.length != ScramVerifier.KEY_BYTES) {
            throw ScramSha256.malformed(
                    "the proof has %d bytes, expected %d".formatted(proof.length, ScramVerifier.KEY_BYTES));
        }
        return check(begun.clientFirstBare + "," + begun.serverFirst + "," + withoutProof, proof);
    }

    private static void checkContinues(Challenge begun, String[] parts) {
        if (parts.length < 2) {
            throw ScramSha256.malformed("the client-final-message has no c= and r=");
        }
        String expected = Base64.getEncoder().encodeToString(begun.gs2Header.getBytes(StandardCharsets.US_ASCII));
        if (!ScramSha256.attribute(parts[0], 'c').equals(expected)) {
            throw ScramSha256.malformed("c= does not repeat the GS2 header: somebody changed the exchange");
        }
        if (!sameText(ScramSha256.attribute(parts[1], 'r'), begun.nonce)) {
            throw ScramSha256.malformed("the nonce is not that of this exchange: this may be a replayed one");
        }
    }

    private Optional<Proven> check(String authMessage, byte[] proof) {
        byte[] clientKey = ScramSha256.xor(proof, ScramSha256.hmac(verifier.storedKey(), authMessage));
        boolean known = MessageDigest.isEqual(ScramSha256.sha256(clientKey), verifier.storedKey());
        byte[] signature = ScramSha256.hmac(verifier.serverKey(), authMessage);
        if (!known || verifier.isDecoy()) {
            Arrays.fill(clientKey, (byte) 0);
            return Optional.empty();
        }
        ScramKeys keys = new ScramKeys(clientKey, verifier.serverKey().clone());
        return Optional.of(new Proven("v=" + Base64.getEncoder().encodeToString(signature), keys));
    }

    private static boolean sameText(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }
}
