package io.understudy.router.front;

import io.netty.buffer.ByteBuf;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.MalformedMessageException;
import io.understudy.protocol.postgres.Octets;
import io.understudy.protocol.postgres.ScramServer;
import io.understudy.protocol.postgres.ScramServer.Proven;
import io.understudy.protocol.postgres.ScramSha256;
import io.understudy.router.front.Verifiers.Standing;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A client proves its password. The look-up of the role begins at once, so that it is done when the client's first message arrives. */
final class ScramConversation {
    /** @param last what is still to be sent to the client, before AuthenticationOk */
    record Success(Authentication last, Identity identity) {}

    private final String user;
    private final Verifiers verifiers;
    private final CompletionStage<Standing> standing;
    private String clientFirst = "";
    private String refusal = "";
    private @Nullable ScramServer exchange;

    ScramConversation(String user, Verifiers verifiers) {
        this.user = user;
        this.verifiers = verifiers;
        this.standing = verifiers.of(user);
    }

    Authentication begin() {
        return new Authentication.Sasl(List.of(ScramSha256.MECHANISM));
    }

    CompletionStage<Standing> standing() {
        return standing;
    }

    /** Whether the challenge was sent. */
    boolean isBegun() {
        return exchange != null;
    }

    /** Reads SASLInitialResponse. */
    void first(ByteBuf body) throws RefusedException {
        int nameBytes = body.bytesBefore((byte) 0);
        if (nameBytes < 0 || body.readableBytes() < nameBytes + 1 + Integer.BYTES) {
            throw malformed("SASLInitialResponse has no mechanism or no length");
        }
        String mechanism =
                body.readCharSequence(nameBytes, StandardCharsets.UTF_8).toString();
        body.skipBytes(1);
        if (!mechanism.equals(ScramSha256.MECHANISM)) {
            throw RefusedException.of(
                            RefusedException.PROTOCOL_VIOLATION,
                            "client selected an invalid SASL authentication mechanism")
                    .detail("The router offers %s.".formatted(ScramSha256.MECHANISM));
        }
        int length = body.readInt();
        if (length != body.readableBytes()) {
            throw malformed(
                    "SASLInitialResponse announces %d bytes and has %d".formatted(length, body.readableBytes()));
        }
        clientFirst = body.toString(StandardCharsets.UTF_8);
    }

    Authentication challenge(Standing known) throws RefusedException {
        refusal = known.refusal();
        ScramServer begun = new ScramServer(known.verifier(), ScramSha256.nonce());
        try {
            String serverFirst = begun.serverFirst(clientFirst);
            exchange = begun;
            return new Authentication.SaslContinue(Octets.utf8(serverFirst));
        } catch (MalformedMessageException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    /** Reads SASLResponse. */
    Success prove(ByteBuf body) throws RefusedException {
        ScramServer begun = exchange;
        if (begun == null) {
            throw malformed("the proof came before the challenge");
        }
        try {
            Proven proven =
                    begun.serverFinal(body.toString(StandardCharsets.UTF_8)).orElseThrow(this::failed);
            return new Success(
                    new Authentication.SaslFinal(Octets.utf8(proven.serverFinal())),
                    new Identity(user, Optional.of(proven.keys())));
        } catch (MalformedMessageException e) {
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    /** One answer for all reasons, so that nobody learns which roles there are; the log knows more. */
    private RefusedException failed() {
        verifiers.evict(user);
        return RefusedException.of(
                        RefusedException.INVALID_PASSWORD,
                        "password authentication failed for user \"%s\"".formatted(user))
                .hint("The router takes passwords that were set under password_encryption = 'scram-sha-256';"
                        + " its log says what was wrong.")
                .forLog(refusal.isEmpty() ? "the password is wrong" : refusal);
    }

    static RefusedException unknown(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() instanceof Throwable inner
                ? inner
                : failure;
        return RefusedException.of(
                        RefusedException.CANNOT_CONNECT_NOW, "the router can not look up roles at the primary now")
                .hint("Try again; the router's log says why.")
                .forLog(String.valueOf(cause.getMessage()));
    }

    private static RefusedException malformed(String detail) {
        return RefusedException.of(RefusedException.PROTOCOL_VIOLATION, "malformed SCRAM message")
                .detail(detail);
    }
}
