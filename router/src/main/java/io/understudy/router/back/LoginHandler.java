package io.understudy.router.back;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.BackendDecoder;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.BackendKeyData;
import io.understudy.protocol.postgres.BackendMessage.ErrorResponse;
import io.understudy.protocol.postgres.BackendMessage.NoticeResponse;
import io.understudy.protocol.postgres.BackendMessage.ParameterStatus;
import io.understudy.protocol.postgres.BackendMessage.ReadyForQuery;
import io.understudy.protocol.postgres.FrontendMessage.AuthenticationResponse;
import io.understudy.protocol.postgres.FrontendMessage.Startup;
import io.understudy.protocol.postgres.MalformedMessageException;
import io.understudy.protocol.postgres.Message;
import io.understudy.protocol.postgres.Octets;
import io.understudy.protocol.postgres.ScramSha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The conversation from the start-up message to the first ReadyForQuery. Reads one batch at a time and hands over at the end of one, so that
 * nothing is lost between this handler and the next.
 */
final class LoginHandler extends ChannelInboundHandlerAdapter {
    /** The largest message of a log-in: an error may carry much text. */
    static final int MAX_BODY_BYTES = 1 << 20;

    private final Opening<Welcome> opening;
    private final Destination destination;
    private final Supplier<Optional<ScramSha256>> secret;
    private final BackendDecoder decoder = new BackendDecoder(MAX_BODY_BYTES);
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private @Nullable CompositeByteBuf early;
    private @Nullable ScramSha256 scram;
    private boolean serverProved;
    private int processId;
    private byte[] cancelKey = {};
    private State state = State.RUNNING;

    private enum State {
        RUNNING,
        READY,
        DONE
    }

    LoginHandler(Opening<Welcome> opening, Destination destination, Supplier<Optional<ScramSha256>> secret) {
        this.opening = opening;
        this.destination = destination;
        this.secret = secret;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        opening.doing("waiting for its answer to the start-up message");
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", destination.user());
        startup.put("database", destination.database());
        startup.putAll(destination.settings());
        send(ctx, new Startup(startup));
        ctx.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            ByteBuffer input = bytes.nioBuffer();
            while (state == State.RUNNING && input.hasRemaining()) {
                Optional<BackendMessage> next = decoder.decode(input);
                if (next.isPresent()) {
                    handle(ctx, next.get());
                }
            }
            if (state == State.READY && input.hasRemaining()) {
                keep(ctx, bytes.retainedSlice(bytes.writerIndex() - input.remaining(), input.remaining()));
            }
        } catch (MalformedMessageException e) {
            fail(new IOException(
                    "the server at %s sent what is no message: %s".formatted(opening.server(), e.getMessage()), e));
        } catch (IOException e) {
            fail(e);
        } finally {
            bytes.release();
        }
    }

    private void keep(ChannelHandlerContext ctx, ByteBuf bytes) {
        CompositeByteBuf kept = early;
        if (kept == null) {
            kept = ctx.alloc().compositeBuffer();
            early = kept;
        }
        kept.addComponent(true, bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        switch (state) {
            case RUNNING -> ctx.read();
            case READY -> handOver(ctx);
            case DONE -> {}
        }
    }

    private void handOver(ChannelHandlerContext ctx) {
        state = State.DONE;
        ByteBuf rest = early == null ? Unpooled.EMPTY_BUFFER : early;
        early = null;
        ctx.pipeline().remove(this);
        opening.succeed(new Welcome(ctx.channel(), processId, cancelKey, Map.copyOf(parameters), rest));
    }

    private void handle(ChannelHandlerContext ctx, BackendMessage message) throws IOException {
        switch (message) {
            case Authentication request -> answer(ctx, request);
            case ParameterStatus(String name, String value) -> parameters.put(raw(name), raw(value));
            case BackendKeyData(int id, Octets key) -> {
                processId = id;
                cancelKey = key.toArray();
            }
            case ErrorResponse(var fields) ->
                throw new ServerRefusedException(opening.server().toString(), fields);
            case ReadyForQuery ready -> {
                if (scram != null && !serverProved) {
                    throw refused("skipped the proof that it knows the password: it is not the server it claims to be");
                }
                state = State.READY;
            }
            case NoticeResponse notice -> {}
            default ->
                throw new IOException("the server at %s sent %s during the log-in"
                        .formatted(opening.server(), message.getClass().getSimpleName()));
        }
    }

    /** As clients are told it: its bytes, as Latin-1. */
    private static String raw(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private void answer(ChannelHandlerContext ctx, Authentication request) throws IOException {
        switch (request) {
            case Authentication.Ok ok -> {
                if (scram != null && !serverProved) {
                    throw refused("skipped the proof that it knows the password: it is not the server it claims to be");
                }
                opening.doing("waiting for it to be ready for queries");
            }
            case Authentication.Sasl(var mechanisms) -> {
                if (!mechanisms.contains(ScramSha256.MECHANISM)) {
                    throw refused("offers %s; the router speaks %s".formatted(mechanisms, ScramSha256.MECHANISM));
                }
                begin(ctx);
            }
            case Authentication.SaslContinue(Octets challenge) ->
                send(ctx, AuthenticationResponse.sasl(exchange().clientFinal(challenge.utf8())));
            case Authentication.SaslFinal(Octets proof) -> {
                exchange().verify(proof.utf8());
                serverProved = true;
            }
            case Authentication.CleartextPassword clear ->
                throw refused(
                        "asks for the password in clear text, which the router never sends; use scram-sha-256 in pg_hba.conf");
            case Authentication.Md5Password md5 ->
                throw refused(
                        "asks for an MD5 digest, which the router never sends; use scram-sha-256 in pg_hba.conf and set the password again under password_encryption = 'scram-sha-256'");
            case Authentication.Other other ->
                throw refused("asks for authentication method %d; the router speaks trust and scram-sha-256"
                        .formatted(other.method()));
        }
    }

    private void begin(ChannelHandlerContext ctx) throws IOException {
        opening.doing("proving the password");
        ScramSha256 exchange = secret.get()
                .orElseThrow(() -> refused("asks for a password, and there is none:"
                        + " the client was let in without one, so the server must let the router in without one too"));
        scram = exchange;
        send(ctx, AuthenticationResponse.saslInitial(ScramSha256.MECHANISM, exchange.clientFirst()));
    }

    private ScramSha256 exchange() throws IOException {
        if (scram == null) {
            throw refused("continues an exchange that was not begun");
        }
        return scram;
    }

    private IOException refused(String what) {
        return new IOException(
                "the server at %s, asked for '%s', %s".formatted(opening.server(), destination.user(), what));
    }

    private static void send(ChannelHandlerContext ctx, Message message) {
        ctx.writeAndFlush(Unpooled.wrappedBuffer(message.encode()));
    }

    private void fail(IOException reason) {
        state = State.DONE;
        opening.fail(reason);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (state != State.DONE) {
            fail(new IOException(
                    "the server at %s closed the connection during the log-in".formatted(opening.server())));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(new IOException(
                "the connection to %s failed during the log-in: %s".formatted(opening.server(), cause.getMessage()),
                cause));
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (early != null) {
            early.release();
            early = null;
        }
    }
}
