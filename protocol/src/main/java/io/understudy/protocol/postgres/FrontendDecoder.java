package io.understudy.protocol.postgres;

import io.understudy.protocol.postgres.FrameAssembler.Frame;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Turns the bytes a client sends into messages, however they are split; the first one is the start-up message. One decoder a
 * connection, used by one thread at a time.
 */
public final class FrontendDecoder {
    /** The largest body accepted from a client. */
    public static final int MAX_BODY_BYTES = 16 << 20;

    private final FrameAssembler frames = new FrameAssembler(MAX_BODY_BYTES).untyped();

    /**
     * Takes bytes up to the end of the next message.
     *
     * @return the message, or empty when {@code input} was used up before its end
     * @throws MalformedMessageException when the bytes are no message; the decoder can not be used further
     */
    public Optional<FrontendMessage> decode(ByteBuffer input) {
        return Optional.ofNullable(frames.next(input)).map(FrontendDecoder::decode);
    }

    private static FrontendMessage decode(Frame frame) {
        Octets body = frame.body();
        return switch (frame.type()) {
            case FrameAssembler.UNTYPED -> FrontendMessage.Startup.decode(body);
            case FrontendMessage.AuthenticationResponse.TYPE -> FrontendMessage.AuthenticationResponse.decode(body);
            case FrontendMessage.Query.TYPE -> FrontendMessage.Query.decode(body);
            case FrontendMessage.CopyFail.TYPE -> FrontendMessage.CopyFail.decode(body);
            case FrontendMessage.Terminate.TYPE -> FrontendMessage.Terminate.decode(body);
            case CopyData.TYPE -> CopyData.decode(body);
            case CopyDone.TYPE -> CopyDone.decode(body);
            default ->
                throw new MalformedMessageException(
                        "a client's message of unknown type " + FrameAssembler.name(frame.type()));
        };
    }
}
