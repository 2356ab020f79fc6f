package io.understudy.protocol.postgres;

import java.util.Arrays;

/**
 * What is as good as a password for SCRAM-SHA-256 at every server that holds the same verifier (RFC 5802, section 9). Never printed; wiped by
 * {@link #close}. Thread-safe for reading; whoever closes it must know that nobody uses it any more.
 */
public final class ScramKeys implements AutoCloseable {
    private final byte[] clientKey;
    private final byte[] serverKey;
    private volatile boolean wiped;

    ScramKeys(byte[] clientKey, byte[] serverKey) {
        this.clientKey = clientKey;
        this.serverKey = serverKey;
    }

    byte[] clientKey() {
        return unlessWiped(clientKey);
    }

    byte[] serverKey() {
        return unlessWiped(serverKey);
    }

    /** The same keys, for somebody who wipes them on his own. */
    public ScramKeys copy() {
        return new ScramKeys(clientKey().clone(), serverKey().clone());
    }

    private byte[] unlessWiped(byte[] key) {
        if (wiped) {
            throw new IllegalStateException("these SCRAM keys were wiped; whoever uses them longer must hold a copy");
        }
        return key;
    }

    /** Overwrites the keys. They can not be used from then on. */
    @Override
    public void close() {
        wiped = true;
        Arrays.fill(clientKey, (byte) 0);
        Arrays.fill(serverKey, (byte) 0);
    }

    @Override
    public String toString() {
        return "SCRAM keys (not shown)";
    }
}
