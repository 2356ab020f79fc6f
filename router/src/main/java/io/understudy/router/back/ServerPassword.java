package io.understudy.router.back;

import io.understudy.protocol.postgres.ScramSha256;

/** The password of the router's own log-in. Never shows itself in text; remembers its last stretching. Thread-safe. */
public final class ServerPassword {
    private final String secret;
    private final ScramSha256.Memo memo = new ScramSha256.Memo();

    /**
     * The password {@code secret}.
     *
     * @throws IllegalArgumentException when it is empty, which PostgreSQL never accepts
     */
    public ServerPassword(String secret) {
        if (secret.isEmpty()) {
            throw new IllegalArgumentException("the password is empty, which PostgreSQL never accepts");
        }
        this.secret = secret;
    }

    ScramSha256 exchange() {
        return new ScramSha256("", secret, ScramSha256.nonce(), memo);
    }

    @Override
    public String toString() {
        return "***";
    }
}
