package io.understudy.router.front;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How connections of clients are encrypted. Immutable; files are read once, when it is made: a reload makes another one. */
public final class FrontTls {
    /** No encryption: who asks for it is told that there is none. */
    public static final FrontTls OFF = new FrontTls(Mode.OFF, null, false);

    /** The protocol that PostgreSQL's clients name inside of TLS since version 17. */
    static final String APPLICATION_PROTOCOL = "postgresql";

    /** How much is asked of clients. */
    public enum Mode {
        /** There is no TLS. */
        OFF,
        /** Who asks for it gets it. */
        ALLOW,
        /** Who does not ask for it is refused. */
        REQUIRE
    }

    private final Mode mode;
    private final @Nullable SslContext context;
    private final boolean verifyingClients;

    private FrontTls(Mode mode, @Nullable SslContext context, boolean verifyingClients) {
        this.mode = mode;
        this.context = context;
        this.verifyingClients = verifyingClients;
    }

    /**
     * Reads the files.
     *
     * @param certificate a PEM file with the router's certificate and those it is signed by
     * @param key a PEM file with its private key in PKCS #8, not encrypted
     * @param clientAuthority a PEM file of the certificates that sign clients' ones; absent when clients bring none
     * @throws IOException when a file can not be read or is no such file; it says which ones were tried
     */
    public static FrontTls of(Mode mode, Path certificate, Path key, @Nullable Path clientAuthority)
            throws IOException {
        if (mode == Mode.OFF) {
            return OFF;
        }
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(certificate.toFile(), key.toFile())
                    .sslProvider(SslProvider.JDK)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            Protocol.ALPN,
                            SelectorFailureBehavior.NO_ADVERTISE,
                            SelectedListenerFailureBehavior.ACCEPT,
                            APPLICATION_PROTOCOL));
            if (clientAuthority != null) {
                builder.trustManager(clientAuthority.toFile()).clientAuth(ClientAuth.OPTIONAL);
            }
            return new FrontTls(mode, builder.build(), clientAuthority != null);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the TLS files for clients (certificate %s, key %s, clients' authorities %s) can not be used: %s; expected PEM, the key in PKCS #8"
                            .formatted(certificate, key, clientAuthority, e.getMessage()),
                    e);
        }
    }

    /** Absent when there is no TLS. */
    @Nullable
    SslContext context() {
        return context;
    }

    boolean isRequired() {
        return mode == Mode.REQUIRE;
    }

    /** Whether certificates of clients are asked for. */
    boolean isVerifyingClients() {
        return verifyingClients;
    }

    /** What is configured, for the console. */
    public Mode mode() {
        return mode;
    }
}
