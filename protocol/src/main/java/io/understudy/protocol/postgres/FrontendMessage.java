package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a client sends. */
public sealed interface FrontendMessage extends Message
        permits CopyData,
                CopyDone,
                FrontendMessage.Startup,
                FrontendMessage.AuthenticationResponse,
                FrontendMessage.Query,
                FrontendMessage.CopyFail,
                FrontendMessage.Terminate {

    /**
     * The first message of a connection.
     *
     * @param parameters at least {@code user}; {@code replication=true} asks for a connection that speaks the replication
     *     protocol only
     */
    record Startup(Map<String, String> parameters) implements FrontendMessage {
        /** Protocol 3.0, which every supported server speaks. */
        static final int PROTOCOL_3_0 = 3 << 16;

        public Startup {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
            if (parameters.containsKey("")) {
                throw new IllegalArgumentException("a start-up parameter has no name; an empty name ends the list");
            }
        }

        static Startup decode(Octets body) {
            BodyReader in = new BodyReader("StartupMessage", body);
            int version = in.int4("protocol version");
            if (version != PROTOCOL_3_0) {
                throw in.malformed("protocol version is %d.%d (%d), expected 3.0"
                        .formatted(version >>> 16, version & 0xffff, version));
            }
            Map<String, String> parameters = new LinkedHashMap<>();
            for (String name = in.text("name"); !name.isEmpty(); name = in.text("name")) {
                parameters.put(name, in.text("value"));
            }
            in.end();
            return new Startup(parameters);
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.untypedFrame(out -> {
                out.int4(PROTOCOL_3_0);
                parameters.forEach((name, value) -> out.text(name).text(value));
                out.int1(0);
            });
        }
    }

    /**
     * An answer to whatever authentication request came last. One type byte stands for three layouts that only the state of
     * the conversation tells apart, so the body is kept as it is.
     */
    record AuthenticationResponse(Octets data) implements FrontendMessage {
        static final char TYPE = 'p';

        /** SASLInitialResponse: the chosen mechanism and its first message. */
        public static AuthenticationResponse saslInitial(String mechanism, String first) {
            ByteBuffer frame = BodyWriter.frame(TYPE, out -> {
                Octets data = Octets.utf8(first);
                out.text(mechanism).int4(data.length()).octets(data);
            });
            byte[] body = new byte[frame.position(1 + Integer.BYTES).remaining()];
            frame.get(body);
            return new AuthenticationResponse(Octets.adopt(body));
        }

        /** SASLResponse: a further message of the chosen mechanism. */
        public static AuthenticationResponse sasl(String message) {
            return new AuthenticationResponse(Octets.utf8(message));
        }

        static AuthenticationResponse decode(Octets body) {
            return new AuthenticationResponse(body);
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.octets(data));
        }
    }

    /** A simple query, or a command of the replication protocol. */
    record Query(String text) implements FrontendMessage {
        static final char TYPE = 'Q';

        static Query decode(Octets body) {
            BodyReader in = new BodyReader("Query", body);
            Query query = new Query(in.text("text"));
            in.end();
            return query;
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.text(text));
        }
    }

    /** Ends a copy to the server as failed. */
    record CopyFail(String reason) implements FrontendMessage {
        static final char TYPE = 'f';

        static CopyFail decode(Octets body) {
            BodyReader in = new BodyReader("CopyFail", body);
            CopyFail fail = new CopyFail(in.text("reason"));
            in.end();
            return fail;
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.text(reason));
        }
    }

    /** The client's goodbye. */
    record Terminate() implements FrontendMessage {
        static final char TYPE = 'X';

        static Terminate decode(Octets body) {
            new BodyReader("Terminate", body).end();
            return new Terminate();
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> {});
        }
    }
}
