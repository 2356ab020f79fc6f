package io.understudy.protocol.postgres;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding: {@link #clientFirst}, {@link
 * #clientFinal}, {@link #verify}, in this order and once each. Used by one thread; holds the password, or the keys, until it is dropped.
 *
 * <p>PostgreSQL takes the user from the start-up message and ignores the one in here.
 */
public final class ScramSha256 {
    /** The name the mechanism is asked for by. */
    public static final String MECHANISM = "SCRAM-SHA-256";

    /** The most rounds of hashing a server may ask of us: a hostile one could otherwise keep a processor busy for hours. */
    public static final int MAX_ITERATIONS = 10_000_000;

    private static final String MAC = "HmacSHA256";
    /** "n": the client knows no channel binding; no other identity to act as. */
    private static final String GS2_HEADER = "n,,";

    /**
     * The outcome of the last stretching of one password, for whoever logs in at the same server again and again: the
     * thousands of rounds of hashing need not be run each time. As secret as the password. Thread-safe.
     */
    public static final class Memo {
        private final AtomicReference<@Nullable Salted> last = new AtomicReference<>();

        private byte[] of(byte[] salt, int iterations, Supplier<byte[]> stretching) {
            Salted known = last.get();
            if (known == null || known.iterations != iterations || !Arrays.equals(known.salt, salt)) {
                known = new Salted(salt, iterations, stretching.get());
                last.set(known);
            }
            return known.password;
        }

        private static final class Salted {
            private final byte[] salt;
            private final int iterations;
            private final byte[] password;

            private Salted(byte[] salt, int iterations, byte[] password) {
                this.salt = salt;
                this.iterations = iterations;
                this.password = password;
            }
        }
    }

    /** How the keys come about once the server named salt and iterations. */
    private interface Keying {
        ScramKeys keys(byte[] salt, int iterations);
    }

    private static final int NONCE_BYTES = 18;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Keying keying;
    private final String clientNonce;
    private final String clientFirstBare;
    private byte @Nullable [] expectedServerSignature;

    /**
     * Begins an exchange.
     *
     * @param user the name to send; PostgreSQL's own clients leave it empty
     * @param password not empty
     * @param clientNonce printable ASCII without a comma, fresh from a secure random source for every exchange
     * @throws IllegalArgumentException when the password is empty or the nonce has other characters
     */
    public ScramSha256(String user, String password, String clientNonce) {
        this(user, password, clientNonce, new Memo());
    }

    /**
     * Begins an exchange that may be spared the stretching of the password.
     *
     * @param memo of this password and no other
     * @throws IllegalArgumentException as the other constructor
     */
    public ScramSha256(String user, String password, String clientNonce, Memo memo) {
        this(user, clientNonce, keying(password, memo));
    }

    private ScramSha256(String user, String clientNonce, Keying keying) {
        if (clientNonce.isEmpty() || clientNonce.chars().anyMatch(c -> c < '!' || c > '~' || c == ',')) {
            throw new IllegalArgumentException("the nonce must be printable ASCII without a comma");
        }
        this.keying = keying;
        this.clientNonce = clientNonce;
        this.clientFirstBare = "n=" + user.replace("=", "=3D").replace(",", "=2C") + ",r=" + clientNonce;
    }

    /**
     * Begins an exchange that needs no password: with what {@link ScramServer} recovered from another client's proof. It succeeds at
     * a server that holds the very verifier the keys were recovered against.
     *
     * @param keys stay the caller's, and open until {@link #clientFinal} returned
     */
    public static ScramSha256 withKeys(String user, ScramKeys keys, String clientNonce) {
        return new ScramSha256(user, clientNonce, (_, _) -> keys);
    }

    /** A fresh nonce. */
    public static String nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return Base64.getEncoder().encodeToString(nonce);
    }

    private static Keying keying(String password, Memo memo) {
        if (password.isEmpty()) {
            throw new IllegalArgumentException("the password is empty, which PostgreSQL never accepts");
        }
        String prepared = prepare(password);
        return (salt, iterations) -> {
            byte[] salted = memo.of(salt, iterations, () -> saltedPassword(prepared, salt, iterations));
            return new ScramKeys(clientKey(salted), serverKey(salted));
        };
    }

    /** The client-first-message. */
    public String clientFirst() {
        return GS2_HEADER + clientFirstBare;
    }

    /**
     * The client-final-message, by which the client proves that it knows the password.
     *
     * @throws MalformedMessageException when the challenge is not one, or does not continue this exchange
     */
    public String clientFinal(String serverFirst) {
        String[] parts = serverFirst.split(",", -1);
        if (parts.length < 3) {
            throw malformed("server-first-message has %d attributes, expected r, s and i".formatted(parts.length));
        }
        String nonce = attribute(parts[0], 'r');
        if (!nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length()) {
            throw malformed("the server's nonce does not continue ours: this may be a replayed exchange");
        }
        byte[] salt = base64("salt", attribute(parts[1], 's'));
        int iterations = iterations(attribute(parts[2], 'i'));

        String withoutProof = "c=" + Base64.getEncoder().encodeToString(GS2_HEADER.getBytes(StandardCharsets.US_ASCII))
                + ",r=" + nonce;
        String authMessage = clientFirstBare + "," + serverFirst + "," + withoutProof;
        ScramKeys keys = keying.keys(salt, iterations);
        byte[] clientKey = keys.clientKey();
        byte[] proof = xor(clientKey, hmac(sha256(clientKey), authMessage));
        expectedServerSignature = hmac(keys.serverKey(), authMessage);
        return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
    }

    /**
     * Checks that the server, too, knows the secret.
     *
     * @throws MalformedMessageException when it does not prove that
     */
    public void verify(String serverFinal) {
        byte[] expected = expectedServerSignature;
        if (expected == null) {
            throw malformed("the server ended the exchange before it sent its challenge");
        }
        if (serverFinal.startsWith("e=")) {
            throw malformed("the server refused: " + serverFinal.substring(2));
        }
        byte[] found = base64("signature", attribute(serverFinal.split(",", 2)[0], 'v'));
        if (!MessageDigest.isEqual(expected, found)) {
            throw malformed(
                    "the server's signature is wrong: it does not know this password. Is it the server it claims to be?");
        }
    }

    static byte[] clientKey(byte[] saltedPassword) {
        return hmac(saltedPassword, "Client Key");
    }

    static byte[] serverKey(byte[] saltedPassword) {
        return hmac(saltedPassword, "Server Key");
    }

    static byte[] saltedPassword(String password, byte[] salt, int iterations) {
        Mac mac = mac(password.getBytes(StandardCharsets.UTF_8));
        mac.update(salt);
        byte[] round = mac.doFinal(new byte[] {0, 0, 0, 1});
        byte[] result = round.clone();
        for (int i = 1; i < iterations; i++) {
            round = mac.doFinal(round);
            for (int b = 0; b < result.length; b++) {
                result[b] ^= round[b];
            }
        }
        return result;
    }

    static int iterations(String text) {
        try {
            int iterations = Integer.parseInt(text);
            if (iterations >= 1 && iterations <= MAX_ITERATIONS) {
                return iterations;
            }
        } catch (NumberFormatException e) {
            throw malformed("the iteration count is '%s', expected a number".formatted(text));
        }
        throw malformed("the iteration count is %s, expected 1 to %d".formatted(text, MAX_ITERATIONS));
    }

    static String attribute(String part, char name) {
        if (part.length() < 2 || part.charAt(0) != name || part.charAt(1) != '=') {
            throw malformed(
                    "attribute %c= is missing; an extension this client does not know may be required".formatted(name));
        }
        return part.substring(2);
    }

    static byte[] base64(String what, String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw malformed("the %s is not base64".formatted(what));
        }
    }

    /**
     * SASLprep (RFC 4013) as PostgreSQL applies it: ASCII stays as it is; otherwise spaces become one kind, invisible
     * characters vanish and the rest is put into compatibility form. Characters that SASLprep prohibits are not looked for: a
     * password with them, which the server would take unprepared, does not authenticate.
     */
    static String prepare(String password) {
        if (password.chars().allMatch(c -> c < 0x80)) {
            return password;
        }
        StringBuilder mapped = new StringBuilder();
        password.codePoints()
                .filter(c -> !vanishes(c))
                .map(c -> isSpace(c) ? ' ' : c)
                .forEach(mapped::appendCodePoint);
        return Normalizer.normalize(mapped, Normalizer.Form.NFKC);
    }

    /** RFC 3454, table C.1.2. */
    private static boolean isSpace(int c) {
        return Character.getType(c) == Character.SPACE_SEPARATOR || c == 0x200b;
    }

    /** RFC 3454, table B.1 less what is a space. */
    private static boolean vanishes(int c) {
        return c == 0xad
                || c == 0x34f
                || c == 0x1806
                || (c >= 0x180b && c <= 0x180d)
                || c == 0x200c
                || c == 0x200d
                || c == 0x2060
                || (c >= 0xfe00 && c <= 0xfe0f)
                || c == 0xfeff;
    }

    static byte[] xor(byte[] a, byte[] b) {
        byte[] result = a.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] ^= b[i];
        }
        return result;
    }

    static byte[] hmac(byte[] key, String text) {
        return mac(key).doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Mac mac(byte[] key) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(key, MAC));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks " + MAC + ", which every one must have", e);
        }
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-256, which every one must have", e);
        }
    }

    static MalformedMessageException malformed(String what) {
        return new MalformedMessageException("%s: %s".formatted(MECHANISM, what));
    }
}
