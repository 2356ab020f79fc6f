package io.understudy.router.back;

import io.understudy.protocol.postgres.MessageFields;
import java.io.IOException;

/** A server answered a log-in with an error. */
public final class ServerRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient MessageFields fields;

    public ServerRefusedException(String where, MessageFields fields) {
        super("the server at %s refused the log-in: %s".formatted(where, fields));
        this.fields = fields;
    }

    /** What the server said. */
    public MessageFields fields() {
        return fields;
    }

    /** Whether it is about who logs in (class 28): a password may have changed. */
    public boolean isAboutIdentity() {
        return fields.sqlState().startsWith("28");
    }
}
