package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a server sends. */
public sealed interface BackendMessage extends Message
        permits Authentication,
                CopyData,
                CopyDone,
                DataRow,
                RowDescription,
                BackendMessage.BackendKeyData,
                BackendMessage.CommandComplete,
                BackendMessage.CopyBothResponse,
                BackendMessage.CopyInResponse,
                BackendMessage.CopyOutResponse,
                BackendMessage.EmptyQueryResponse,
                BackendMessage.ErrorResponse,
                BackendMessage.NegotiateProtocolVersion,
                BackendMessage.NoticeResponse,
                BackendMessage.ParameterStatus,
                BackendMessage.ReadyForQuery {

    /** Something failed: the command, or with severity FATAL and PANIC the connection. */
    record ErrorResponse(MessageFields fields) implements BackendMessage {
        static final char TYPE = 'E';

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, fields::encode);
        }
    }

    /** Something worth saying that is no failure. */
    record NoticeResponse(MessageFields fields) implements BackendMessage {
        static final char TYPE = 'N';

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, fields::encode);
        }
    }

    /** The value of a setting the server reports by itself, as {@code server_version}. */
    record ParameterStatus(String name, String value) implements BackendMessage {
        static final char TYPE = 'S';

        static ParameterStatus decode(Octets body) {
            BodyReader in = new BodyReader("ParameterStatus", body);
            ParameterStatus status = new ParameterStatus(in.text("name"), in.text("value"));
            in.end();
            return status;
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.text(name).text(value));
        }
    }

    /** What a cancel request must quote. The key has four bytes in protocol 3.0 and up to 256 later. */
    record BackendKeyData(int processId, Octets secretKey) implements BackendMessage {
        static final char TYPE = 'K';

        static BackendKeyData decode(Octets body) {
            BodyReader in = new BodyReader("BackendKeyData", body);
            return new BackendKeyData(in.int4("process id"), in.rest());
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.int4(processId).octets(secretKey));
        }
    }

    /** The server waits for the next command. */
    record ReadyForQuery(TransactionStatus status) implements BackendMessage {
        static final char TYPE = 'Z';

        static ReadyForQuery decode(Octets body) {
            BodyReader in = new BodyReader("ReadyForQuery", body);
            byte code = in.int1("transaction status");
            in.end();
            return switch (code) {
                case 'I' -> new ReadyForQuery(TransactionStatus.IDLE);
                case 'T' -> new ReadyForQuery(TransactionStatus.IN_TRANSACTION);
                case 'E' -> new ReadyForQuery(TransactionStatus.FAILED);
                default -> throw in.malformed("transaction status is %d, expected I, T or E".formatted(code));
            };
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.int1(status.code));
        }
    }

    /** Where a session stands between commands. */
    enum TransactionStatus {
        IDLE('I'),
        IN_TRANSACTION('T'),
        FAILED('E');

        private final char code;

        TransactionStatus(char code) {
            this.code = code;
        }
    }

    /** A command is done; {@code tag} says which one, and on how many rows. */
    record CommandComplete(String tag) implements BackendMessage {
        static final char TYPE = 'C';

        static CommandComplete decode(Octets body) {
            BodyReader in = new BodyReader("CommandComplete", body);
            CommandComplete complete = new CommandComplete(in.text("tag"));
            in.end();
            return complete;
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> out.text(tag));
        }
    }

    /** The query was empty; stands in the place of CommandComplete. */
    record EmptyQueryResponse() implements BackendMessage {
        static final char TYPE = 'I';

        static EmptyQueryResponse decode(Octets body) {
            new BodyReader("EmptyQueryResponse", body).end();
            return new EmptyQueryResponse();
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> {});
        }
    }

    /** The client may send a copy. */
    record CopyInResponse(CopyLayout layout) implements BackendMessage {
        static final char TYPE = 'G';

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, layout::encode);
        }
    }

    /** The server sends a copy. */
    record CopyOutResponse(CopyLayout layout) implements BackendMessage {
        static final char TYPE = 'H';

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, layout::encode);
        }
    }

    /** Both sides send copies: streaming replication. */
    record CopyBothResponse(CopyLayout layout) implements BackendMessage {
        static final char TYPE = 'W';

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, layout::encode);
        }
    }

    /**
     * The server does not speak everything that was asked for.
     *
     * @param newestMinor the newest minor version of protocol 3 it speaks
     * @param unknownOptions the protocol options it does not know
     */
    record NegotiateProtocolVersion(int newestMinor, List<String> unknownOptions) implements BackendMessage {
        static final char TYPE = 'v';

        public NegotiateProtocolVersion {
            unknownOptions = List.copyOf(unknownOptions);
        }

        static NegotiateProtocolVersion decode(Octets body) {
            BodyReader in = new BodyReader("NegotiateProtocolVersion", body);
            int newestMinor = in.int4("newest minor version");
            int count = in.int4("number of options");
            List<String> options = new ArrayList<>();
            while (in.hasMore()) {
                options.add(in.text("option"));
            }
            if (options.size() != count) {
                throw in.malformed("%d options are announced, %d found".formatted(count, options.size()));
            }
            return new NegotiateProtocolVersion(newestMinor, options);
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> {
                out.int4(newestMinor).int4(unknownOptions.size());
                unknownOptions.forEach(out::text);
            });
        }
    }
}
