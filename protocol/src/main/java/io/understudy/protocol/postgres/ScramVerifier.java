package io.understudy.protocol.postgres;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server keeps of a password, as in {@code pg_authid.rolpassword}: enough to check it and not enough to log in with. Immutable;
 * printed by {@link #text} only.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5802#section-3">RFC 5802, section 3</a>
 */
public final class ScramVerifier {
    /** How PostgreSQL begins the text of one. */
    public static final String PREFIX = ScramSha256.MECHANISM + "$";

    /** What PostgreSQL hashes by when nobody says otherwise ({@code scram_iterations}). */
    public static final int ITERATIONS = 4096;

    static final int KEY_BYTES = 32;
    private static final int SALT_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern TEXT =
            Pattern.compile(Pattern.quote(PREFIX) + "([0-9]{1,10}):([^$:]+)\\$([^$:]+):([^$:]+)");

    private final int iterations;
    private final byte[] salt;
    private final byte[] storedKey;
    private final byte[] serverKey;
    private final Kind kind;

    private enum Kind {
        REAL,
        DECOY
    }

    private ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey, Kind kind) {
        this.iterations = iterations;
        this.salt = salt;
        this.storedKey = storedKey;
        this.serverKey = serverKey;
        this.kind = kind;
    }

    /**
     * Reads the text that PostgreSQL keeps: {@code SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey}.
     *
     * @throws IllegalArgumentException when it is another text; it says what is wrong and nothing of the text
     */
    public static ScramVerifier parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "the text is no SCRAM verifier, expected SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey");
        }
        try {
            return new ScramVerifier(
                    ScramSha256.iterations(matcher.group(1)),
                    ScramSha256.base64("salt", matcher.group(2)),
                    key("StoredKey", matcher.group(3)),
                    key("ServerKey", matcher.group(4)),
                    Kind.REAL);
        } catch (MalformedMessageException e) {
            throw new IllegalArgumentException("the SCRAM verifier is damaged: " + e.getMessage(), e);
        }
    }

    /** Of this password, prepared as PostgreSQL does, with a fresh salt. Takes milliseconds. */
    public static ScramVerifier of(String password) {
        if (password.isEmpty()) {
            throw new IllegalArgumentException("the password is empty, which PostgreSQL never accepts");
        }
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        byte[] salted = ScramSha256.saltedPassword(ScramSha256.prepare(password), salt, ITERATIONS);
        return new ScramVerifier(
                ITERATIONS,
                salt,
                ScramSha256.sha256(ScramSha256.clientKey(salted)),
                ScramSha256.serverKey(salted),
                Kind.REAL);
    }

    /**
     * One that no password fits, for a role that can not log in: the exchange looks like any other, with the same salt each time, so that
     * nobody learns from it which roles exist. As PostgreSQL's mock authentication.
     *
     * @param secret what makes the salt unpredictable; the same wherever the same client may ask
     */
    public static ScramVerifier decoy(byte[] secret, String user) {
        byte[] hash = ScramSha256.hmac(secret, user);
        return new ScramVerifier(
                ITERATIONS, Arrays.copyOf(hash, SALT_BYTES), new byte[KEY_BYTES], new byte[KEY_BYTES], Kind.DECOY);
    }

    /** As PostgreSQL keeps it. Whoever reads it can try passwords on it: not for logs. */
    public String text() {
        return PREFIX + iterations + ":" + saltText() + "$" + base64(storedKey) + ":" + base64(serverKey);
    }

    /** Whether no password fits. */
    public boolean isDecoy() {
        return kind == Kind.DECOY;
    }

    int iterations() {
        return iterations;
    }

    String saltText() {
        return base64(salt);
    }

    byte[] storedKey() {
        return storedKey;
    }

    byte[] serverKey() {
        return serverKey;
    }

    private static byte[] key(String name, String text) {
        byte[] key = ScramSha256.base64(name, text);
        if (key.length != KEY_BYTES) {
            throw ScramSha256.malformed("%s has %d bytes, expected %d".formatted(name, key.length, KEY_BYTES));
        }
        return key;
    }

    private static String base64(byte[] bytes) {
        return new String(Base64.getEncoder().encode(bytes), StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
        return "SCRAM verifier (not shown)";
    }
}
