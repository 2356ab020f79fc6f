package io.understudy.protocol.postgres;

import io.understudy.protocol.postgres.FrameAssembler.Frame;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Turns the bytes a server sends into messages, however they are split. One decoder a connection, used by one thread at a
 * time.
 */
public final class BackendDecoder {
    /** The largest body accepted from a server, unless said otherwise. */
    public static final int MAX_BODY_BYTES = 16 << 20;

    private final FrameAssembler frames;

    /** A decoder that accepts bodies of up to {@link #MAX_BODY_BYTES}. */
    public BackendDecoder() {
        this(MAX_BODY_BYTES);
    }

    /** A decoder that accepts bodies of up to {@code maxBodyBytes}. */
    public BackendDecoder(int maxBodyBytes) {
        this.frames = new FrameAssembler(maxBodyBytes);
    }

    /**
     * Takes bytes up to the end of the next message.
     *
     * @return the message, or empty when {@code input} was used up before its end
     * @throws MalformedMessageException when the bytes are no message; the decoder can not be used further
     */
    public Optional<BackendMessage> decode(ByteBuffer input) {
        return Optional.ofNullable(frames.next(input)).map(BackendDecoder::decode);
    }

    private static BackendMessage decode(Frame frame) {
        Octets body = frame.body();
        return switch (frame.type()) {
            case Authentication.TYPE -> Authentication.decode(body);
            case BackendMessage.BackendKeyData.TYPE -> BackendMessage.BackendKeyData.decode(body);
            case BackendMessage.CommandComplete.TYPE -> BackendMessage.CommandComplete.decode(body);
            case BackendMessage.CopyBothResponse.TYPE ->
                new BackendMessage.CopyBothResponse(CopyLayout.decode("CopyBothResponse", body));
            case BackendMessage.CopyInResponse.TYPE ->
                new BackendMessage.CopyInResponse(CopyLayout.decode("CopyInResponse", body));
            case BackendMessage.CopyOutResponse.TYPE ->
                new BackendMessage.CopyOutResponse(CopyLayout.decode("CopyOutResponse", body));
            case CopyData.TYPE -> CopyData.decode(body);
            case CopyDone.TYPE -> CopyDone.decode(body);
            case DataRow.TYPE -> DataRow.decode(body);
            case BackendMessage.EmptyQueryResponse.TYPE -> BackendMessage.EmptyQueryResponse.decode(body);
            case BackendMessage.ErrorResponse.TYPE ->
                new BackendMessage.ErrorResponse(MessageFields.decode(new BodyReader("ErrorResponse", body)));
            case BackendMessage.NegotiateProtocolVersion.TYPE -> BackendMessage.NegotiateProtocolVersion.decode(body);
            case BackendMessage.NoticeResponse.TYPE ->
                new BackendMessage.NoticeResponse(MessageFields.decode(new BodyReader("NoticeResponse", body)));
            case BackendMessage.ParameterStatus.TYPE -> BackendMessage.ParameterStatus.decode(body);
            case BackendMessage.ReadyForQuery.TYPE -> BackendMessage.ReadyForQuery.decode(body);
            case RowDescription.TYPE -> RowDescription.decode(body);
            default ->
                throw new MalformedMessageException(
                        "a server's message of unknown type " + FrameAssembler.name(frame.type()));
        };
    }
}
