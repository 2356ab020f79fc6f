package io.understudy.router.back;

import java.io.IOException;
import java.util.concurrent.CompletionStage;

/** A log-in at a server that is under way, or was. Owned by the event loop. */
public final class LoginAttempt {
    private final Opening<Welcome> opening;

    LoginAttempt(Opening<Welcome> opening) {
        this.opening = opening;
    }

    /**
     * How it ends.
     *
     * @return completes on the event loop; exceptionally, the connection closed, with a {@link ServerRefusedException} that holds what the server
     *     said, or another {@link IOException} that says what went wrong
     */
    public CompletionStage<Welcome> outcome() {
        return opening.outcome();
    }

    /** Nobody wants it any more: it ends now, and as one that failed if it had not ended yet. */
    public void abandon() {
        opening.fail(new IOException("the log-in at %s is not wanted any more".formatted(opening.server())));
    }
}
