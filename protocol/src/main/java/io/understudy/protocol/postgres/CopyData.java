package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;

/** A piece of a copy, in either direction. Pieces need not end where rows, files or records do. */
public record CopyData(Octets data) implements FrontendMessage, BackendMessage {
    static final char TYPE = 'd';

    static CopyData decode(Octets body) {
        return new CopyData(body);
    }

    @Override
    public ByteBuffer encode() {
        return BodyWriter.frame(TYPE, out -> out.octets(data));
    }
}
