package io.understudy.guard;

import java.io.IOException;

/** The guard understood a request and will not do it. The connection stays usable unless the refusal says it was malformed. */
public final class GuardRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    GuardRefusedException(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    /** Which kind of refusal. */
    public Refusal refusal() {
        return refusal;
    }
}
