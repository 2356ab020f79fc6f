package io.understudy.router.back;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How connections to servers are encrypted. Immutable; files are read once, when it is made.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-ssl.html">SSL support of libpq, whose modes these are</a>
 */
public final class BackTls {
    /** No encryption. */
    public static final BackTls DISABLED = new BackTls(Mode.DISABLE, null);

    /** How much is asked of the server. */
    public enum Mode {
        /** Never encrypted. */
        DISABLE,
        /** Encrypted where the server can; nothing is verified. */
        PREFER,
        /** Encrypted or not at all; nothing is verified. */
        REQUIRE,
        /** The server's certificate is signed by the named authority. */
        VERIFY_CA,
        /** The server's certificate is signed by the named authority and names the host that was connected to. */
        VERIFY_FULL
    }

    /**
     * The router's own certificate, for servers that want one.
     *
     * @param certificate a PEM file with the certificate and those it is signed by
     * @param key a PEM file with its private key in PKCS #8, not encrypted
     */
    public record KeyPair(Path certificate, Path key) {}

    private final Mode mode;
    private final @Nullable SslContext context;

    private BackTls(Mode mode, @Nullable SslContext context) {
        this.mode = mode;
        this.context = context;
    }

    /**
     * Reads the files.
     *
     * @param authority a PEM file of the certificates to trust; needed by the modes that verify and refused for the others
     * @param own absent when servers want none
     * @throws IOException when a file can not be read or is no such file; it says which one
     * @throws IllegalArgumentException when an authority is missing, or named and not used
     */
    public static BackTls of(Mode mode, @Nullable Path authority, @Nullable KeyPair own) throws IOException {
        boolean verifies = mode == Mode.VERIFY_CA || mode == Mode.VERIFY_FULL;
        if (verifies && authority == null) {
            throw new IllegalArgumentException(
                    "TLS mode %s to servers needs a file of authorities to trust, and none is named".formatted(mode));
        }
        if (!verifies && authority != null) {
            throw new IllegalArgumentException(
                    "TLS mode %s to servers does not look at %s; use verify-ca or verify-full"
                            .formatted(mode, authority));
        }
        if (mode == Mode.DISABLE) {
            return DISABLED;
        }
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .endpointIdentificationAlgorithm(mode == Mode.VERIFY_FULL ? "HTTPS" : null);
        try {
            if (authority == null) {
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
            } else {
                builder.trustManager(authority.toFile());
            }
            if (own != null) {
                builder.keyManager(own.certificate.toFile(), own.key.toFile());
            }
            return new BackTls(mode, builder.build());
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the TLS files for servers (authorities %s, own %s) can not be used: %s; expected PEM, a key in PKCS #8"
                            .formatted(authority, own, e.getMessage()),
                    e);
        }
    }

    /** Whether the server is asked for TLS at all. */
    boolean isAsked() {
        return mode != Mode.DISABLE;
    }

    /** Whether a server without TLS will do. */
    boolean isOptional() {
        return mode == Mode.DISABLE || mode == Mode.PREFER;
    }

    /** Only where {@link #isAsked}. */
    SslHandler handler(Channel channel, Endpoint server, Duration limit) {
        SslContext known = context;
        if (known == null) {
            throw new IllegalStateException("no TLS handler in mode " + mode);
        }
        SslHandler handler = known.newHandler(channel.alloc(), server.host(), server.port());
        handler.setHandshakeTimeoutMillis(limit.toMillis());
        return handler;
    }

    /** What is configured, for the console. */
    public Mode mode() {
        return mode;
    }
}
