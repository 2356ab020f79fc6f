package io.understudy.cli.node;

import io.understudy.router.admin.Setting.Change;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a router's configuration file may say; {@code docs/configuration.md} is drawn from it. */
enum RouterKey {
    LISTEN("listen", Form.ADDRESS, Absent.REQUIRED, Change.RESTART, "where clients connect"),
    CLUSTER(
            "cluster",
            Form.NAME,
            Absent.REQUIRED,
            Change.RESTART,
            "whose agents are believed; `status` shows the name"),
    AGENTS(
            "agents",
            Form.ADDRESSES,
            Absent.REQUIRED,
            Change.RESTART,
            "HTTP APIs of some of the cluster's agents; the others are learnt from them"),
    METRICS_LISTEN(
            "metrics-listen",
            Form.ADDRESS,
            Absent.NONE,
            Change.RESTART,
            "where `/metrics` and `/health` are answered over HTTP; nowhere when not set. Whoever can connect may read them"),
    LOOKUP_ROLE(
            "lookup.role",
            Form.NAME,
            Absent.NONE,
            Change.RESTART,
            "whom the router logs in as to look up how a client must prove itself; needed by `SCRAM` in an access rule"),
    LOOKUP_PASSWORD_FILE(
            "lookup.password-file",
            Form.FILE,
            Absent.NONE,
            Change.RESTART,
            "a file with that role's password and nothing else, readable by its owner alone"),
    POOL_MODE(
            "pool-mode",
            Form.POOL_MODE,
            Absent.as("transaction"),
            Change.RELOAD,
            "when a server connection is given back: after each transaction, or when the client leaves"),
    POOL_SIZE(
            "pool-size",
            Form.SERVERS,
            Absent.as("20"),
            Change.RELOAD,
            "the most server connections for one user in one database"),
    MAX_USER_SERVERS(
            "max-user-servers",
            Form.SERVERS,
            Absent.as("80"),
            Change.RELOAD,
            "the most server connections of one user"),
    MAX_DATABASE_SERVERS(
            "max-database-servers",
            Form.SERVERS,
            Absent.as("80"),
            Change.RELOAD,
            "the most server connections to one database"),
    MAX_SERVERS("max-servers", Form.SERVERS, Absent.as("80"), Change.RELOAD, "the most server connections in all"),
    MAX_CLIENTS("max-clients", Form.CLIENTS, Absent.as("10000"), Change.RELOAD, "the most clients at a time"),
    MAX_WAITING(
            "max-waiting",
            Form.CLIENTS,
            Absent.as("10000"),
            Change.RELOAD,
            "the most clients waiting for a server connection at a time"),
    QUEUE_TIMEOUT(
            "queue-timeout",
            Form.DURATION,
            Absent.as("30s"),
            Change.RELOAD,
            "how long a request waits for a server connection, or for a primary"),
    LOGIN_TIMEOUT(
            "login-timeout", Form.DURATION, Absent.as("15s"), Change.RELOAD, "how long a client may take to log in"),
    IDLE_SERVER(
            "idle-server",
            Form.DURATION,
            Absent.as("10m"),
            Change.RELOAD,
            "an unused server connection is closed after this time"),
    HEALTH_CHECK(
            "health-check",
            Form.DURATION,
            Absent.as("5s"),
            Change.RELOAD,
            "how often an unused server connection is asked whether its server is still the primary"),
    PREPARED_STATEMENTS(
            "prepared-statements",
            Form.STATEMENTS,
            Absent.as("500"),
            Change.RELOAD,
            "the most prepared statements kept on one server connection"),
    DRAIN(
            "drain",
            Form.DURATION,
            Absent.as("30s"),
            Change.RELOAD,
            "at the end: how long transactions under way may take before their clients are disconnected"),
    CLIENT_TLS(
            "tls.client.mode",
            Form.CLIENT_TLS,
            Absent.as("off"),
            Change.RELOAD,
            "whether clients get TLS: never, who asks for it, or nobody without it"),
    CLIENT_TLS_CERTIFICATE(
            "tls.client.certificate",
            Form.FILE,
            Absent.NONE,
            Change.RELOAD,
            "PEM: the router's certificate and those it is signed by; needed unless the mode is `off`"),
    CLIENT_TLS_KEY(
            "tls.client.key", Form.FILE, Absent.NONE, Change.RELOAD, "PEM, PKCS #8, not encrypted: its private key"),
    CLIENT_TLS_AUTHORITY(
            "tls.client.authority",
            Form.FILE,
            Absent.NONE,
            Change.RELOAD,
            "PEM: who signs clients' certificates; needed by `CERTIFICATE` in an access rule"),
    SERVER_TLS(
            "tls.server.mode",
            Form.SERVER_TLS,
            Absent.as("prefer"),
            Change.RESTART,
            "whether server connections use TLS, with the meaning of libpq's `sslmode`"),
    SERVER_TLS_AUTHORITY(
            "tls.server.authority",
            Form.FILE,
            Absent.NONE,
            Change.RESTART,
            "PEM: who signs servers' certificates; needed by `verify-ca` and `verify-full`, and refused by the others"),
    SERVER_TLS_CERTIFICATE(
            "tls.server.certificate",
            Form.FILE,
            Absent.NONE,
            Change.RESTART,
            "PEM: the router's own certificate, for servers that want one"),
    SERVER_TLS_KEY(
            "tls.server.key", Form.FILE, Absent.NONE, Change.RESTART, "PEM, PKCS #8, not encrypted: its private key"),
    ADMIN_USERS(
            "admin-users",
            Form.ROLES,
            Absent.as("postgres"),
            Change.RELOAD,
            "who may look and give orders in the router's own database `understudy`, if let in"),
    STATS_USERS("stats-users", Form.ROLES, Absent.NONE, Change.RELOAD, "who may only look there"),
    /** Its name is what all of them begin with. */
    ACCESS(
            "access.",
            Form.ACCESS,
            Absent.as("SCRAM all all all"),
            Change.RELOAD,
            "`access.1`, `access.2`, …: whom to let in how; the first that matches decides, and nobody is let in where none"
                    + " does");

    /** How a value is written. */
    enum Form {
        ADDRESS("`host:port`"),
        ADDRESSES("`host:port, host:port`"),
        NAME("a name"),
        ROLES("roles, as `alice, bob`"),
        FILE("a file; relative to the directory of the configuration file"),
        POOL_MODE("`transaction` or `session`"),
        SERVERS(1, 10_000),
        CLIENTS(1, 1_000_000),
        STATEMENTS(1, 100_000),
        DURATION("a time from 1 ms to 24 h, as `500ms`, `30s`, `10m` or `2h`"),
        CLIENT_TLS("`off`, `allow` or `require`"),
        SERVER_TLS("`disable`, `prefer`, `require`, `verify-ca` or `verify-full`"),
        ACCESS("`METHOD USER DATABASE FROM`: `SCRAM`, `TRUST` or `CERTIFICATE`; a role, or `all`; a database, or `all`;"
                + " an address range such as `10.0.0.0/8`, or `all`");

        private final String text;
        private final int least;
        private final int most;

        Form(String text) {
            this.text = text;
            this.least = 0;
            this.most = 0;
        }

        Form(int least, int most) {
            this.text = "a whole number from " + least + " to " + most;
            this.least = least;
            this.most = most;
        }

        /** What is expected, for messages. */
        String expected() {
            return text.replace("`", "");
        }

        int least() {
            return least;
        }

        int most() {
            return most;
        }
    }

    /** What holds where the file says nothing. */
    private record Absent(String shown, Optional<String> value) {
        private static final Absent REQUIRED = new Absent("needed", Optional.empty());
        private static final Absent NONE = new Absent("none", Optional.empty());

        private static Absent as(String value) {
            return new Absent("`" + value + "`", Optional.of(value));
        }
    }

    private final String name;
    private final Form form;
    private final Absent absent;
    private final Change change;
    private final String meaning;

    RouterKey(String name, Form form, Absent absent, Change change, String meaning) {
        this.name = name;
        this.form = form;
        this.absent = absent;
        this.change = change;
        this.meaning = meaning;
    }

    String key() {
        return name;
    }

    Form form() {
        return form;
    }

    /** Empty where there is none. */
    Optional<String> byDefault() {
        return absent.value();
    }

    Change change() {
        return change;
    }

    boolean isRequired() {
        return absent.equals(Absent.REQUIRED);
    }

    /** The table of {@code docs/configuration.md}. */
    static String table() {
        return "| key | value | default | changed by | meaning |\n|---|---|---|---|---|\n"
                + Arrays.stream(values()).map(RouterKey::row).collect(Collectors.joining());
    }

    private String row() {
        String shown = this == ACCESS ? "access.N" : name;
        return "| `%s` | %s | %s | %s | %s |\n"
                .formatted(shown, form.text, absent.shown(), change.name().toLowerCase(Locale.ROOT), meaning);
    }
}
