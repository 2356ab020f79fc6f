package io.understudy.router.back;

import io.netty.channel.EventLoop;
import io.understudy.protocol.postgres.ScramSha256;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Logs in at servers, with protocol 3.0: without a password where the server trusts the router, or by SCRAM-SHA-256. Passwords are never sent in
 * clear text or as MD5 digests.
 */
public final class ServerLogin {
    private final EventLoop loop;
    private final BackTls tls;
    private final Duration limit;

    /** @param limit for the whole of one log-in */
    public ServerLogin(EventLoop loop, BackTls tls, Duration limit) {
        this.loop = loop;
        this.tls = tls;
        this.limit = limit;
    }

    /** Logs in with the keys of {@code destination}, or with nothing where it has none. */
    public LoginAttempt login(Destination destination) {
        return login(
                destination, () -> destination.keys().map(keys -> ScramSha256.withKeys("", keys, ScramSha256.nonce())));
    }

    /** Logs in with a password, as the other one; the keys of {@code destination} are not looked at. */
    public LoginAttempt login(Destination destination, ServerPassword password) {
        return login(destination, () -> Optional.of(password.exchange()));
    }

    private LoginAttempt login(Destination destination, Supplier<Optional<ScramSha256>> exchange) {
        Opening<Welcome> opening = new Opening<>(
                loop, tls, destination.server(), limit, made -> new LoginHandler(made, destination, exchange));
        opening.run();
        return new LoginAttempt(opening);
    }
}
