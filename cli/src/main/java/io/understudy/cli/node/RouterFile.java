package io.understudy.cli.node;

import io.understudy.core.cluster.Endpoint;
import io.understudy.router.RouterSettings;
import io.understudy.router.admin.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code router --config} starts a router with that runs alone: one {@code key = value} a line, lines that begin with
 * {@code #} are comments. The keys are those of {@link RouterKey}.
 *
 * @param cluster whose agents are believed
 * @param agents some of its agents' HTTP APIs
 * @param lookup empty when no access rule needs it
 * @param drain how long transactions under way may take when the router ends
 * @param metricsListen empty when nobody is to read metrics over HTTP
 * @param shown every key with its value as it is written, for operators
 */
public record RouterFile(
        String cluster,
        List<Endpoint> agents,
        RouterSettings settings,
        Optional<Lookup> lookup,
        ClientTls clientTls,
        ServerTls serverTls,
        Duration drain,
        Optional<Endpoint> metricsListen,
        List<Setting> shown) {

    public RouterFile {
        agents = List.copyOf(agents);
        shown = List.copyOf(shown);
    }

    /** Whom the router logs in as to look up how clients must prove themselves. */
    public record Lookup(String role, Path passwordFile) {

        private static final Set<PosixFilePermission> OTHERS = Set.of(
                PosixFilePermission.GROUP_READ,
                PosixFilePermission.GROUP_WRITE,
                PosixFilePermission.OTHERS_READ,
                PosixFilePermission.OTHERS_WRITE);

        /**
         * Reads the password.
         *
         * @throws IOException when there is none, or others may read it
         */
        public CatalogueLogin login() throws IOException {
            if (Files.getPosixFilePermissions(passwordFile).stream().anyMatch(OTHERS::contains)) {
                throw new IOException(
                        passwordFile + " may be read or written by others than its owner: run chmod 600 on it");
            }
            String password = Files.readString(passwordFile).strip();
            if (password.isEmpty()) {
                throw new IOException(passwordFile + " is empty, expected a password");
            }
            return new CatalogueLogin(role, password);
        }
    }

    /** Whether clients get TLS. */
    public enum ClientTlsMode {
        OFF,
        ALLOW,
        REQUIRE
    }

    /**
     * How connections of clients are encrypted.
     *
     * @param own empty only when the mode is {@code OFF}
     * @param authority who signs clients' certificates; empty when they bring none
     */
    public record ClientTls(ClientTlsMode mode, Optional<KeyPair> own, Optional<Path> authority) {
        static final ClientTls OFF = new ClientTls(ClientTlsMode.OFF, Optional.empty(), Optional.empty());
    }

    /** What libpq's {@code sslmode} of the same name does. */
    public enum ServerTlsMode {
        DISABLE,
        PREFER,
        REQUIRE,
        VERIFY_CA,
        VERIFY_FULL
    }

    /**
     * How connections to servers are encrypted.
     *
     * @param authority who signs their certificates; present exactly when they are verified
     * @param own empty when servers want none
     */
    public record ServerTls(ServerTlsMode mode, Optional<Path> authority, Optional<KeyPair> own) {
        static final ServerTls PREFERRED = new ServerTls(ServerTlsMode.PREFER, Optional.empty(), Optional.empty());
    }

    /** Two PEM files. */
    public record KeyPair(Path certificate, Path key) {}

    /**
     * Reads and checks it.
     *
     * @throws IOException when it cannot be used: every problem with its line, all at once
     */
    public static RouterFile read(Path file) throws IOException {
        return new RouterFileReader(file).read();
    }
}
