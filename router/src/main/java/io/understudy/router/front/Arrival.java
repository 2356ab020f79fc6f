package io.understudy.router.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.understudy.protocol.postgres.BackendMessage.ErrorResponse;
import io.understudy.protocol.postgres.BackendMessage.NegotiateProtocolVersion;
import io.understudy.protocol.postgres.Message;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.front.FrontDoor.Terms;
import io.understudy.router.front.StartUpPacket.Negotiation;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection on its way in. Reads one batch at a time, and only while a message is awaited, so that a stranger holds one small buffer at the
 * most and nothing is lost between this handler and the next.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html">Message Flow: start-up, TLS, cancelling</a>
 */
final class Arrival extends ChannelInboundHandlerAdapter {
    /** The largest answer to an authentication request, as PostgreSQL's for SASL. */
    static final int MAX_PASSWORD_BYTES = 1024;

    /** The longest secret of a cancel request, as of protocol 3.2. */
    static final int MAX_CANCEL_KEY_BYTES = 256;

    private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);
    private static final int CANCEL_REQUEST = 1234 << 16 | 5678;
    private static final int SSL_REQUEST = 1234 << 16 | 5679;
    private static final int GSSENC_REQUEST = 1234 << 16 | 5680;
    private static final int CANCEL_HEADER_BYTES = 3 * Integer.BYTES;
    private static final int MIN_PACKET_BYTES = 2 * Integer.BYTES;
    /** The first byte of TLS: a record of a handshake. */
    private static final byte TLS_HANDSHAKE = 0x16;

    private enum Phase {
        /** Packets without a type: requests for encryption, to cancel, to start up. */
        PACKETS,
        /** Answers to authentication requests. */
        PASSWORD,
        /** Nothing is read until something is known. */
        HELD,
        /** Let in: to be handed over at the end of the batch. */
        ADMITTED,
        DONE
    }

    private final FrontDoor door;
    private final Terms terms;
    private final Verifiers verifiers;
    private final Reception reception;
    private Phase phase = Phase.PACKETS;
    private @Nullable ByteBuf pending;
    private @Nullable Future<?> timer;
    private @Nullable InetSocketAddress peer;
    private @Nullable SslHandler tls;
    private @Nullable StartUp startUp;
    private @Nullable Identity identity;
    private @Nullable ScramConversation scram;
    private boolean encryptionRequested;
    private boolean gssRequested;
    private boolean directTls;

    Arrival(FrontDoor door, Terms terms, Verifiers verifiers, Reception reception) {
        this.door = door;
        this.terms = terms;
        this.verifiers = verifiers;
        this.reception = reception;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        door.arrived();
        if (ctx.channel().isActive()) {
            channelActive(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (timer != null) {
            return;
        }
        peer = ctx.channel().remoteAddress() instanceof InetSocketAddress address ? address : null;
        timer = ctx.executor()
                .schedule(() -> tooLate(ctx), terms.settings().loginTimeout().toMillis(), TimeUnit.MILLISECONDS);
        ctx.read();
    }

    private void tooLate(ChannelHandlerContext ctx) {
        if (startUp == null || phase == Phase.DONE) {
            ctx.close();
        } else {
            refuse(ctx, RefusedException.of(RefusedException.CANCELLED, "canceling authentication due to timeout"));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (phase == Phase.DONE || !bytes.isReadable()) {
            bytes.release();
        } else {
            pending = pending == null
                    ? bytes
                    : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), pending, bytes);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        proceed(ctx);
    }

    private void proceed(ChannelHandlerContext ctx) {
        try {
            while (step(ctx)) {
                releaseRead();
            }
        } catch (RefusedException e) {
            refuse(ctx, e);
        }
        releaseRead();
        switch (phase) {
            case PACKETS, PASSWORD -> ctx.read();
            case ADMITTED -> handOver(ctx);
            case HELD, DONE -> {}
        }
    }

    /** Takes one message; false when there is no whole one, or none is awaited. */
    private boolean step(ChannelHandlerContext ctx) throws RefusedException {
        ByteBuf in = pending;
        if (in == null) {
            return false;
        }
        return switch (phase) {
            case PACKETS -> packet(ctx, in);
            case PASSWORD -> password(ctx, in);
            case HELD, ADMITTED, DONE -> false;
        };
    }

    private void releaseRead() {
        if (pending != null && !pending.isReadable()) {
            pending.release();
            pending = null;
        }
    }

    private boolean packet(ChannelHandlerContext ctx, ByteBuf in) throws RefusedException {
        if (tls == null && !encryptionRequested && in.getByte(in.readerIndex()) == TLS_HANDSHAKE) {
            return beginDirectTls(ctx, in);
        }
        if (in.readableBytes() < Integer.BYTES) {
            return false;
        }
        int length = in.getInt(in.readerIndex());
        if (length < MIN_PACKET_BYTES || length > Integer.BYTES + StartUpPacket.MAX_BYTES) {
            throw RefusedException.of(RefusedException.PROTOCOL_VIOLATION, "invalid length of startup packet")
                    .detail("It announces %d bytes, expected %d to %d. Is the client one for PostgreSQL?"
                            .formatted(length, MIN_PACKET_BYTES, Integer.BYTES + StartUpPacket.MAX_BYTES));
        }
        if (in.readableBytes() < length) {
            return false;
        }
        ByteBuf packet = in.readSlice(length).skipBytes(Integer.BYTES);
        int code = packet.getInt(packet.readerIndex());
        if (code == SSL_REQUEST && !encryptionRequested && tls == null) {
            encryptionRequested = true;
            return answerTlsRequest(ctx, in);
        }
        if (code == GSSENC_REQUEST && !gssRequested) {
            gssRequested = true;
            ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte('N'));
            return in.isReadable();
        }
        if (code == CANCEL_REQUEST) {
            cancel(ctx, packet, length);
            return false;
        }
        checkDirectTls();
        start(ctx, StartUpPacket.read(packet));
        return true;
    }

    private boolean beginDirectTls(ChannelHandlerContext ctx, ByteBuf in) {
        SslContext context = terms.tls().context();
        if (context == null) {
            phase = Phase.DONE;
            ctx.close();
            return false;
        }
        directTls = true;
        pending = null;
        encrypt(ctx, context);
        ctx.pipeline().fireChannelRead(in);
        ctx.pipeline().fireChannelReadComplete();
        return false;
    }

    /** PostgreSQL asks for the name too: it shows that the client meant a PostgreSQL server. */
    private void checkDirectTls() throws RefusedException {
        if (directTls && (tls == null || !FrontTls.APPLICATION_PROTOCOL.equals(tls.applicationProtocol()))) {
            throw RefusedException.of(
                    RefusedException.PROTOCOL_VIOLATION,
                    "received direct SSL connection request without ALPN protocol negotiation extension");
        }
    }

    private boolean answerTlsRequest(ChannelHandlerContext ctx, ByteBuf in) throws RefusedException {
        SslContext context = terms.tls().context();
        if (context == null) {
            ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte('N'));
            return in.isReadable();
        }
        if (in.isReadable()) {
            // Taken for encrypted, it would be somebody else's words in the client's mouth (CVE-2021-23222).
            throw RefusedException.of(
                            RefusedException.PROTOCOL_VIOLATION, "received unencrypted data after SSL request")
                    .detail("This could be either a client-software bug or evidence of an attempted"
                            + " man-in-the-middle attack.");
        }
        ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte('S'));
        encrypt(ctx, context);
        return false;
    }

    private void encrypt(ChannelHandlerContext ctx, SslContext context) {
        SslHandler handler = context.newHandler(ctx.alloc());
        handler.setHandshakeTimeoutMillis(terms.settings().loginTimeout().toMillis());
        tls = handler;
        ctx.pipeline().addFirst(handler);
    }

    private void cancel(ChannelHandlerContext ctx, ByteBuf packet, int length) {
        int keyBytes = length - CANCEL_HEADER_BYTES;
        if (keyBytes < 1 || keyBytes > MAX_CANCEL_KEY_BYTES) {
            phase = Phase.DONE;
            ctx.close();
            return;
        }
        phase = Phase.HELD;
        int id = packet.skipBytes(Integer.BYTES).readInt();
        byte[] key = new byte[keyBytes];
        packet.readBytes(key);
        reception.cancel(id, key, () -> ctx.channel().close());
    }

    private void start(ChannelHandlerContext ctx, StartUpPacket packet) throws RefusedException {
        StartUp asked = packet.startUp();
        startUp = asked;
        if (packet.negotiation() == Negotiation.DUE) {
            int spoken = StartUpPacket.MAJOR << 16 | asked.minor();
            write(ctx, new NegotiateProtocolVersion(spoken, packet.unknownOptions()));
        }
        if (tls == null && terms.tls().isRequired()) {
            throw RefusedException.of(
                            RefusedException.INVALID_AUTHORIZATION, "the router takes encrypted connections only")
                    .hint("Connect with sslmode=require.");
        }
        InetSocketAddress from = peer;
        if (from == null) {
            throw RefusedException.of(RefusedException.INVALID_AUTHORIZATION, "the client's address is not known");
        }
        Method method = method(from.getAddress(), asked);
        door.enter(ctx.channel());
        switch (method) {
            case TRUST -> admit(new Identity(asked.user(), Optional.empty()));
            case CERTIFICATE -> {
                ClientCertificate.check(tls, asked.user());
                admit(new Identity(asked.user(), Optional.empty()));
            }
            case SCRAM -> {
                ScramConversation conversation = new ScramConversation(asked.user(), verifiers);
                scram = conversation;
                phase = Phase.PASSWORD;
                write(ctx, conversation.begin());
                ctx.flush();
            }
        }
    }

    private Method method(InetAddress from, StartUp asked) throws RefusedException {
        return terms.rules()
                .method(from, asked.user(), asked.database())
                .orElseThrow(() -> RefusedException.of(
                                RefusedException.INVALID_AUTHORIZATION,
                                "no access rule of the router for host \"%s\", user \"%s\", database \"%s\", %s"
                                        .formatted(
                                                from.getHostAddress(),
                                                asked.user(),
                                                asked.database(),
                                                tls == null ? "no encryption" : "SSL encryption"))
                        .hint("Add one to the router's settings."));
    }

    private boolean password(ChannelHandlerContext ctx, ByteBuf in) throws RefusedException {
        ScramConversation conversation = scram;
        if (conversation == null || in.readableBytes() < 1 + Integer.BYTES) {
            return false;
        }
        byte type = in.getByte(in.readerIndex());
        if (type == 'X') {
            phase = Phase.DONE;
            ctx.close();
            return false;
        }
        int length = in.getInt(in.readerIndex() + 1);
        if (type != 'p') {
            throw RefusedException.of(
                    RefusedException.PROTOCOL_VIOLATION, "expected SASL response, got message type " + type);
        }
        if (length < Integer.BYTES || length > Integer.BYTES + MAX_PASSWORD_BYTES) {
            throw RefusedException.of(RefusedException.PROTOCOL_VIOLATION, "invalid length of SASL response");
        }
        if (in.readableBytes() < 1 + length) {
            return false;
        }
        ByteBuf body = in.readSlice(1 + length).skipBytes(1 + Integer.BYTES);
        if (conversation.isBegun()) {
            ScramConversation.Success success = conversation.prove(body);
            // Flushed by the receiver, together with what it has to say.
            write(ctx, success.last());
            admit(success.identity());
        } else {
            conversation.first(body);
            lookUp(ctx, conversation);
        }
        return true;
    }

    private void lookUp(ChannelHandlerContext ctx, ScramConversation conversation) {
        phase = Phase.HELD;
        conversation.standing().whenComplete((standing, failure) -> {
            if (phase != Phase.HELD) {
                return;
            }
            try {
                if (failure != null) {
                    throw ScramConversation.unknown(failure);
                }
                write(ctx, conversation.challenge(standing));
                ctx.flush();
                phase = Phase.PASSWORD;
                proceed(ctx);
            } catch (RefusedException e) {
                refuse(ctx, e);
            }
        });
    }

    private void admit(Identity who) {
        identity = who;
        phase = Phase.ADMITTED;
    }

    private void handOver(ChannelHandlerContext ctx) {
        StartUp asked = startUp;
        Identity who = identity;
        if (asked == null || who == null) {
            throw new IllegalStateException("a client was let in that never started up");
        }
        phase = Phase.DONE;
        ByteBuf early = pending == null ? Unpooled.EMPTY_BUFFER : pending;
        pending = null;
        ctx.pipeline().remove(this);
        try {
            reception.admitted(ctx.channel(), asked, who, early);
        } catch (RuntimeException e) {
            LOG.error("the client at {} was let in and could not be received", peer, e);
            ctx.channel().close();
        }
    }

    private void refuse(ChannelHandlerContext ctx, RefusedException reason) {
        phase = Phase.DONE;
        door.refusedOne();
        LOG.info("the client at {} was refused: {}", peer, reason.logLine());
        write(ctx, new ErrorResponse(reason.fields()));
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    private static void write(ChannelHandlerContext ctx, Message message) {
        ctx.write(Unpooled.wrappedBuffer(message.encode()), ctx.voidPromise());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.info("the connection of the client at {} failed before it was let in: {}", peer, cause.getMessage());
        phase = Phase.DONE;
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        phase = Phase.DONE;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        door.arrivalEnded();
        if (timer != null) {
            timer.cancel(false);
        }
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }
}
