package io.understudy.engines.postgres.replication;

import io.understudy.protocol.postgres.FrontendMessage.Terminate;
import io.understudy.protocol.postgres.ScramSha256;
import java.util.Map;

/**
 * Finds out whether a server lets new sessions in, at little cost: it logs in and leaves at once, and stretches its password
 * only when the server's salt is another than last time. Thread-safe.
 */
public final class LoginProbe {
    private final ReplicationSource source;
    private final Map<String, String> kind;
    private final ScramSha256.Memo memo = new ScramSha256.Memo();

    /**
     * @param source where and as whom; its connect timeout bounds the whole of it
     * @param kind of session: parameters of the start-up message beside the user's, such as {@code database} and {@code
     *     options}
     */
    public LoginProbe(ReplicationSource source, Map<String, String> kind) {
        this.source = source;
        this.kind = Map.copyOf(kind);
    }

    /**
     * Logs in and out.
     *
     * @throws ReplicationException when it was not let in, or not in time
     */
    public void once() throws ReplicationException {
        long startNanos = System.nanoTime();
        try (Wire wire = Wire.connect(source)) {
            new Login(source, kind, memo, wire, startNanos).run();
            wire.send(new Terminate());
        }
    }
}
