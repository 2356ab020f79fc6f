package io.understudy.cli.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.cli.node.RouterFile.KeyPair;
import io.understudy.cli.node.RouterFile.ServerTlsMode;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.RouterSettings.PoolMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RouterFileTest {

    private static final String LEAST = """
            # a comment
            listen = 127.0.0.1:6432
            cluster = shop
            agents = 10.0.0.1:8008, 10.0.0.2:8008
            lookup.role = lookup
            lookup.password-file = password
            """;

    @TempDir
    Path directory = Path.of("");

    @BeforeEach
    void password() throws IOException {
        Path file = directory.resolve("password");
        Files.writeString(file, "open sesame\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(directory.resolve("c.pem"), "a certificate");
        Files.writeString(directory.resolve("k.pem"), "a key");
    }

    @Test
    void whatIsNotSaidIsAsTheRouterHasIt() throws IOException {
        RouterFile read = read(LEAST);
        assertThat(read.settings()).isEqualTo(RouterSettings.defaults(new Endpoint("127.0.0.1", 6432)));
        assertThat(read.agents()).containsExactly(new Endpoint("10.0.0.1", 8008), new Endpoint("10.0.0.2", 8008));
        assertThat(read.cluster()).isEqualTo("shop");
        CatalogueLogin login = read.lookup().orElseThrow().login();
        assertThat(login).isEqualTo(new CatalogueLogin("lookup", "open sesame"));
        assertThat(login.toString() + read).doesNotContain("sesame");
        assertThat(read.drain()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void everythingCanBeSaid() throws IOException {
        RouterFile read = read(LEAST + """
                pool-mode = session
                pool-size = 5
                max-user-servers = 6
                max-database-servers = 7
                max-servers = 8
                max-clients = 9
                max-waiting = 10
                queue-timeout = 250ms
                login-timeout = 2 s
                idle-server = 3m
                health-check = 1s
                prepared-statements = 11
                drain = 1h
                admin-users = alice, bob
                stats-users = carol
                access.10 = CERTIFICATE app all fd00::/8
                access.2 = SCRAM all shop 10.0.0.0/8
                tls.client.mode = require
                tls.client.certificate = c.pem
                tls.client.key = k.pem
                tls.client.authority = c.pem
                tls.server.mode = verify-full
                tls.server.authority = c.pem
                tls.server.certificate = c.pem
                tls.server.key = k.pem
                """);
        RouterSettings settings = read.settings();
        assertThat(settings.poolMode()).isEqualTo(PoolMode.SESSION);
        assertThat(settings.poolSize()).isEqualTo(5);
        assertThat(settings.maxServers()).isEqualTo(8);
        assertThat(settings.queueTimeout()).isEqualTo(Duration.ofMillis(250));
        assertThat(settings.loginTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.access())
                .containsExactly(
                        new AccessRule("10.0.0.0/8", "all", "shop", Method.SCRAM),
                        new AccessRule("fd00::/8", "app", "all", Method.CERTIFICATE));
        assertThat(read.clientTls().own())
                .isEqualTo(Optional.of(new KeyPair(directory.resolve("c.pem"), directory.resolve("k.pem"))));
        assertThat(read.serverTls().mode()).isEqualTo(ServerTlsMode.VERIFY_FULL);
        assertThat(read.drain()).isEqualTo(Duration.ofHours(1));
        assertThat(settings.operators().admins()).containsExactly("alice", "bob");
        assertThat(settings.operators().observers()).containsExactly("carol");
    }

    @Test
    void everyProblemIsNamedAtOnceWithItsLine() {
        assertThatThrownBy(() -> read("""
                        listen = nowhere
                        pool-size = many
                        pool-size = 7
                        pool_mode = session
                        pool-mode = statement
                        queue-timeout = 30
                        idle-server = 25h
                        max-servers = 0
                        access.1 = SCRAM all all
                        access.2 = md5 all all all
                        access.3 = TRUST all all 10.0.0.0/33
                        just words
                        lookup.role =
                        lookup.password-file = nothing
                        tls.client.mode = require
                        tls.server.mode = verify-ca
                        tls.server.key = k.pem
                        """))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(
                        "router.properties cannot be used:",
                        "line 1: listen is 'nowhere' ('nowhere' is no address: expected host:port), expected host:port",
                        "line 3: 'pool-size' is set in line 2 already",
                        "line 4: 'pool_mode' is no key: see docs/configuration.md",
                        "line 5: pool-mode is 'statement', expected transaction or session",
                        "line 6: queue-timeout is '30', expected a time from 1 ms to 24 h, as 500ms",
                        "line 7: idle-server is '25h'",
                        "line 8: max-servers is '0', expected a whole number from 1 to 10000",
                        "line 9: access.1 is 'SCRAM all all', expected METHOD USER DATABASE FROM",
                        "line 10: access.2 is 'md5 all all all'",
                        "line 11: access.3 keeps 33 bits of an address of 32",
                        "line 12: 'just words' is no setting: expected key = value",
                        "line 13: lookup.role is empty",
                        "line 14: lookup.password-file is " + directory.resolve("nothing")
                                + ", which is no file that can be read",
                        "'cluster' is missing: expected a name",
                        "'agents' is missing: expected host:port, host:port",
                        "tls.client.certificate and tls.client.key are missing",
                        "tls.server.authority is missing",
                        "tls.server.certificate and tls.server.key belong together");
    }

    @Test
    void settingsThatContradictEachOtherAreRefused() {
        assertThatThrownBy(() -> read(LEAST + "pool-size = 100\n"))
                .hasMessageContaining("pool-size is 100, expected at most max-user-servers, which is 80");
        assertThatThrownBy(() -> read(LEAST + "tls.server.authority = c.pem\n"))
                .hasMessageContaining("tls.server.authority is set, and tls.server.mode does not look at it");
        assertThatThrownBy(() -> read(LEAST + "access.1 = CERTIFICATE all all all\n"))
                .hasMessageContaining("an access rule says CERTIFICATE");
        assertThatThrownBy(() -> read(LEAST.replaceAll("lookup.*\n", "")))
                .hasMessageContaining("lookup.role and lookup.password-file are missing");
    }

    @Test
    void trustAloneNeedsNoLookup() throws IOException {
        assertThat(read(LEAST.replaceAll("lookup.*\n", "") + "access.1 = TRUST all all 127.0.0.1\n")
                        .lookup())
                .isEmpty();
    }

    @Test
    void aPasswordThatOthersMayReadIsRefused() throws IOException {
        Files.setPosixFilePermissions(directory.resolve("password"), PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> read(LEAST)).hasMessageContaining("run chmod 600 on it");
    }

    private RouterFile read(String text) throws IOException {
        Path file = directory.resolve("router.properties");
        Files.writeString(file, text);
        return RouterFile.read(file);
    }
}
