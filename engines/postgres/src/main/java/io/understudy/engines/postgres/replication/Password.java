package io.understudy.engines.postgres.replication;

/** A password, or none; never shows itself in text. */
public final class Password {
    /** No password: only a server that trusts the connection lets it in. */
    public static final Password NONE = new Password("");

    private final String secret;

    private Password(String secret) {
        this.secret = secret;
    }

    /**
     * The password {@code secret}.
     *
     * @throws IllegalArgumentException when it is empty, which PostgreSQL never accepts
     */
    public static Password of(String secret) {
        if (secret.isEmpty()) {
            throw new IllegalArgumentException(
                    "the password is empty, which PostgreSQL never accepts; use Password.NONE");
        }
        return new Password(secret);
    }

    boolean isNone() {
        return secret.isEmpty();
    }

    String secret() {
        return secret;
    }

    @Override
    public String toString() {
        return isNone() ? "none" : "***";
    }
}
