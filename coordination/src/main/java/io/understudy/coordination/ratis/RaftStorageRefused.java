package io.understudy.coordination.ratis;

import java.io.IOException;

/** The storage directory belongs to something else or is damaged; the message says what was found, expected, and what to do. */
public final class RaftStorageRefused extends IOException {
    private static final long serialVersionUID = 1L;

    RaftStorageRefused(String message) {
        super(message);
    }
}
