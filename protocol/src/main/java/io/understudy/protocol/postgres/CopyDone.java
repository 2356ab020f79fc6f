package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;

/** The end of a copy, in either direction. */
public record CopyDone() implements FrontendMessage, BackendMessage {
    static final char TYPE = 'c';

    static CopyDone decode(Octets body) {
        new BodyReader("CopyDone", body).end();
        return new CopyDone();
    }

    @Override
    public ByteBuffer encode() {
        return BodyWriter.frame(TYPE, out -> {});
    }
}
