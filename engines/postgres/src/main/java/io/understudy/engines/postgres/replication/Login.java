package io.understudy.engines.postgres.replication;

import io.understudy.engines.postgres.replication.ReplicationException.Kind;
import io.understudy.protocol.postgres.Authentication;
import io.understudy.protocol.postgres.BackendMessage;
import io.understudy.protocol.postgres.BackendMessage.BackendKeyData;
import io.understudy.protocol.postgres.BackendMessage.ErrorResponse;
import io.understudy.protocol.postgres.BackendMessage.NoticeResponse;
import io.understudy.protocol.postgres.BackendMessage.ParameterStatus;
import io.understudy.protocol.postgres.BackendMessage.ReadyForQuery;
import io.understudy.protocol.postgres.FrontendMessage.AuthenticationResponse;
import io.understudy.protocol.postgres.FrontendMessage.Startup;
import io.understudy.protocol.postgres.MalformedMessageException;
import io.understudy.protocol.postgres.Octets;
import io.understudy.protocol.postgres.ScramSha256;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From a fresh connection to one that is ready for commands. */
final class Login {
    /** What a start-up message asks for to talk to a WAL sender. */
    static final Map<String, String> REPLICATION = Map.of("replication", "true");

    private final ReplicationSource source;
    private final Map<String, String> kind;
    private final ScramSha256.Memo memo;
    private final Wire wire;
    private final long deadlineNanos;
    private final Map<String, String> parameters = new HashMap<>();
    private @Nullable ScramSha256 scram;
    private boolean serverProved;

    /** @param kind of session: parameters of the start-up message beside the user's */
    Login(ReplicationSource source, Map<String, String> kind, ScramSha256.Memo memo, Wire wire, long startNanos) {
        this.source = source;
        this.kind = kind;
        this.memo = memo;
        this.wire = wire;
        this.deadlineNanos = startNanos + source.connectTimeout().toNanos();
    }

    /** Logs in; returns what the server reported of itself. */
    Map<String, String> run() throws ReplicationException {
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", source.user());
        startup.putAll(kind);
        startup.put("application_name", source.applicationName());
        startup.put("client_encoding", "UTF8");
        wire.send(new Startup(startup));
        while (true) {
            Duration left = Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime()));
            if (handle(wire.receive(left))) {
                return parameters;
            }
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new ReplicationException(
                        Kind.TIMED_OUT,
                        "logging in at %s took longer than %s".formatted(source.address(), source.connectTimeout()));
            }
        }
    }

    /** Whether the server is ready. */
    private boolean handle(BackendMessage message) throws ReplicationException {
        switch (message) {
            case Authentication request -> answer(request);
            case ParameterStatus(String name, String value) -> parameters.put(name, value);
            case ErrorResponse(var fields) ->
                throw new ReplicationException(
                        fields.sqlState().startsWith("28") ? Kind.AUTHENTICATION : Kind.REFUSED,
                        "PostgreSQL at %s did not let '%s' in".formatted(source.address(), source.user()),
                        fields);
            case ReadyForQuery _ -> {
                return true;
            }
            case BackendKeyData _, NoticeResponse _ -> {}
            default ->
                throw new ReplicationException(
                        Kind.PROTOCOL,
                        "%s sent %s during login"
                                .formatted(source.address(), message.getClass().getSimpleName()));
        }
        return false;
    }

    private void answer(Authentication request) throws ReplicationException {
        switch (request) {
            case Authentication.Ok _ -> {
                if (scram != null && !serverProved) {
                    throw authentication(
                            "skipped the proof that it knows the password: it is not the server it claims to be");
                }
            }
            case Authentication.Sasl(var mechanisms) -> {
                if (!mechanisms.contains(ScramSha256.MECHANISM)) {
                    throw authentication(
                            "offers %s; this client speaks %s".formatted(mechanisms, ScramSha256.MECHANISM));
                }
                begin();
            }
            case Authentication.SaslContinue(Octets challenge) -> prove(challenge.utf8());
            case Authentication.SaslFinal(Octets proof) -> verify(proof.utf8());
            case Authentication.CleartextPassword _ ->
                throw authentication(
                        "asks for the password in clear text, which this client never sends; use scram-sha-256 in pg_hba.conf");
            case Authentication.Md5Password _ ->
                throw authentication(
                        "asks for an MD5 digest, which this client never sends; use scram-sha-256 in pg_hba.conf and set the password again under password_encryption = 'scram-sha-256'");
            case Authentication.Other other ->
                throw authentication("asks for authentication method %d; this client speaks trust and scram-sha-256"
                        .formatted(other.method()));
        }
    }

    private void begin() throws ReplicationException {
        if (source.password().isNone()) {
            throw authentication("asks for a password, and none is configured");
        }
        ScramSha256 exchange = new ScramSha256("", source.password().secret(), ScramSha256.nonce(), memo);
        scram = exchange;
        wire.send(AuthenticationResponse.saslInitial(ScramSha256.MECHANISM, exchange.clientFirst()));
    }

    private void prove(String challenge) throws ReplicationException {
        try {
            wire.send(AuthenticationResponse.sasl(exchange().clientFinal(challenge)));
        } catch (MalformedMessageException e) {
            throw authentication(String.valueOf(e.getMessage()));
        }
    }

    private void verify(String proof) throws ReplicationException {
        try {
            exchange().verify(proof);
            serverProved = true;
        } catch (MalformedMessageException e) {
            throw authentication(String.valueOf(e.getMessage()));
        }
    }

    private ScramSha256 exchange() throws ReplicationException {
        if (scram == null) {
            throw authentication("continues an exchange that was not begun");
        }
        return scram;
    }

    private ReplicationException authentication(String what) {
        return new ReplicationException(
                Kind.AUTHENTICATION,
                "PostgreSQL at %s, asked for '%s', %s".formatted(source.address(), source.user(), what));
    }
}
