package io.understudy.protocol.postgres;

import java.util.Arrays;

/**
 * What is as good as a password for SCRAM-SHA-256 at every server that holds the same verifier (RFC 5802, section 9). Never printed; wiped by
 * {@link #close}. Thread-safe for reading; whoever closes it must know that nobody uses it any more.
 */
public final class ScramKeys implements AutoCloseable {
    private final byte[] clientKey;
    private final byte[] serverKey;

    ScramKeys(byte[] clientKey, byte[] serverKey) {
        this.clientKey = clientKey;
        this.serverKey = serverKey;
    }

    byte[] clientKey() {
        return clientKey;
    }

    byte[] serverKey() {
        return serverKey;
    }

    /** Overwrites the keys. */
    @Override
    public void close() {
        Arrays.fill(clientKey, (byte) 0);
        Arrays.fill(serverKey, (byte) 0);
    }

    @Override
    public String toString() {
        return "SCRAM keys (not shown)";
    }
}
