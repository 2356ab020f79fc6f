package io.understudy.agent;

import java.nio.charset.StandardCharsets;

/** An HTTP answer, whole. */
record Answer(int status, String contentType, byte[] body) {

    static final String JSON = "application/json; charset=utf-8";

    static Answer text(int status, String text) {
        return new Answer(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }
}
