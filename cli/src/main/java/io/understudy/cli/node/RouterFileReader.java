package io.understudy.cli.node;

import io.understudy.cli.node.RouterFile.ClientTls;
import io.understudy.cli.node.RouterFile.ClientTlsMode;
import io.understudy.cli.node.RouterFile.KeyPair;
import io.understudy.cli.node.RouterFile.Lookup;
import io.understudy.cli.node.RouterFile.ServerTls;
import io.understudy.cli.node.RouterFile.ServerTlsMode;
import io.understudy.core.cluster.Endpoint;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.RouterSettings.Operators;
import io.understudy.router.RouterSettings.PoolMode;
import io.understudy.router.admin.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a router's configuration file, collecting every problem with its line. */
final class RouterFileReader {

    private static final long LARGEST_BYTES = 1 << 20;
    private static final int MOST_RULES = 10_000;
    private static final int RULE_WORDS = 4;
    private static final Duration LONGEST = Duration.ofHours(24);
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})\\s*(ms|s|m|h)");
    private static final Pattern RULE = Pattern.compile("access\\.([1-9][0-9]{0,4})");

    /** A value with where it stands. */
    private record Line(int number, String key, String value) {}

    /** A problem of one value, in words that follow its key. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String what) {
            super(what, null, false, false);
        }
    }

    private final Path file;
    private final Map<String, Line> lines = new TreeMap<>();
    private final Map<Integer, Line> rules = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();

    RouterFileReader(Path file) {
        this.file = file.toAbsolutePath();
    }

    RouterFile read() throws IOException {
        split();
        Optional<Endpoint> listen = value(RouterKey.LISTEN, NodeFile::endpoint);
        Optional<String> cluster = value(RouterKey.CLUSTER, text -> text);
        Optional<List<Endpoint>> agents = value(RouterKey.AGENTS, RouterFileReader::endpoints);
        Optional<PoolMode> poolMode = word(RouterKey.POOL_MODE, PoolMode.class);
        List<AccessRule> access = access();
        RouterSettings settings = new RouterSettings(
                listen.orElse(new Endpoint("unknown", 1)),
                poolMode.orElse(PoolMode.TRANSACTION),
                number(RouterKey.POOL_SIZE),
                number(RouterKey.MAX_USER_SERVERS),
                number(RouterKey.MAX_DATABASE_SERVERS),
                number(RouterKey.MAX_SERVERS),
                number(RouterKey.MAX_CLIENTS),
                number(RouterKey.MAX_WAITING),
                duration(RouterKey.QUEUE_TIMEOUT),
                duration(RouterKey.LOGIN_TIMEOUT),
                duration(RouterKey.IDLE_SERVER),
                duration(RouterKey.HEALTH_CHECK),
                number(RouterKey.PREPARED_STATEMENTS),
                access,
                new Operators(roles(RouterKey.ADMIN_USERS), roles(RouterKey.STATS_USERS)));
        requireReachablePoolSize(settings);
        RouterFile read = new RouterFile(
                cluster.orElse(""),
                agents.orElse(List.of()),
                settings,
                lookup(settings),
                clientTls(settings),
                serverTls(),
                duration(RouterKey.DRAIN),
                value(RouterKey.METRICS_LISTEN, NodeFile::endpoint),
                shown());
        if (!problems.isEmpty()) {
            throw new IOException("%s cannot be used:\n  %s".formatted(file, String.join("\n  ", problems)));
        }
        return read;
    }

    private List<Setting> shown() {
        List<Setting> all = new ArrayList<>();
        for (RouterKey key : RouterKey.values()) {
            if (key != RouterKey.ACCESS) {
                Line line = lines.get(key.key());
                all.add(setting(key, key.key(), line == null ? key.byDefault() : Optional.of(line.value())));
            }
        }
        if (rules.isEmpty()) {
            all.add(setting(RouterKey.ACCESS, RouterKey.ACCESS.key() + "1", RouterKey.ACCESS.byDefault()));
        }
        rules.values().forEach(line -> all.add(setting(RouterKey.ACCESS, line.key(), Optional.of(line.value()))));
        return all;
    }

    private static Setting setting(RouterKey key, String name, Optional<String> value) {
        return new Setting(name, value.orElse(""), key.byDefault().orElse(""), key.change());
    }

    private void split() throws IOException {
        if (Files.size(file) > LARGEST_BYTES) {
            throw new IOException(
                    "%s has %d bytes, expected at most %d".formatted(file, Files.size(file), LARGEST_BYTES));
        }
        List<String> all;
        try {
            all = Files.readAllLines(file);
        } catch (CharacterCodingException binary) {
            throw new IOException(file + " is no text in UTF-8", binary);
        }
        for (int i = 0; i < all.size(); i++) {
            String text = all.get(i).strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                take(i + 1, text);
            }
        }
    }

    private void take(int number, String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            problems.add("line %d: '%s' is no setting: expected key = value".formatted(number, text));
            return;
        }
        Line line = new Line(
                number,
                text.substring(0, equals).strip(),
                text.substring(equals + 1).strip());
        Matcher rule = RULE.matcher(line.key());
        Line before = null;
        if (rule.matches()) {
            before = rules.put(Integer.parseInt(rule.group(1)), line);
        } else if (Arrays.stream(RouterKey.values())
                .anyMatch(key -> key != RouterKey.ACCESS && key.key().equals(line.key()))) {
            before = lines.put(line.key(), line);
        } else {
            problems.add("line %d: '%s' is no key: see docs/configuration.md".formatted(number, line.key()));
        }
        if (before != null) {
            problems.add("line %d: '%s' is set in line %d already".formatted(number, line.key(), before.number()));
        }
    }

    /** Empty where it is absent and has no default, or is wrong; then a problem was noted. */
    private <T> Optional<T> value(RouterKey key, Function<String, T> read) {
        Line line = lines.get(key.key());
        if (line == null) {
            if (key.isRequired()) {
                problems.add("'%s' is missing: expected %s"
                        .formatted(key.key(), key.form().expected()));
            }
            return key.byDefault().map(read);
        }
        return read(line, key, read);
    }

    private <T> Optional<T> read(Line line, RouterKey key, Function<String, T> read) {
        try {
            if (line.value().isEmpty()) {
                throw new Wrong("is empty");
            }
            return Optional.of(read.apply(line.value()));
        } catch (Wrong | IllegalArgumentException wrong) {
            String what = wrong instanceof Wrong
                    ? String.valueOf(wrong.getMessage())
                    : "is '%s' (%s)".formatted(line.value(), wrong.getMessage());
            problems.add("line %d: %s %s, expected %s"
                    .formatted(line.number(), line.key(), what, key.form().expected()));
            return Optional.empty();
        }
    }

    private static Wrong wrong(String value) {
        return new Wrong("is '" + value + "'");
    }

    private List<String> roles(RouterKey key) {
        return value(key, RouterFileReader::names).orElse(List.of());
    }

    private static List<String> names(String text) {
        List<String> names =
                Arrays.stream(text.split(",", -1)).map(String::strip).distinct().toList();
        if (names.contains("")) {
            throw new IllegalArgumentException("one of them has no name");
        }
        return names;
    }

    private static List<Endpoint> endpoints(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .map(NodeFile::endpoint)
                .distinct()
                .toList();
    }

    private <E extends Enum<E>> Optional<E> word(RouterKey key, Class<E> type) {
        return value(
                key,
                text -> Arrays.stream(type.getEnumConstants())
                        .filter(one -> one.name()
                                .toLowerCase(Locale.ROOT)
                                .replace('_', '-')
                                .equals(text))
                        .findFirst()
                        .orElseThrow(() -> wrong(text)));
    }

    private int number(RouterKey key) {
        RouterKey.Form form = key.form();
        return value(key, text -> {
                    int number;
                    try {
                        number = Integer.parseInt(text);
                    } catch (NumberFormatException unreadable) {
                        throw wrong(text);
                    }
                    if (number < form.least() || number > form.most()) {
                        throw wrong(text);
                    }
                    return number;
                })
                .orElse(form.least());
    }

    private Duration duration(RouterKey key) {
        return value(key, RouterFileReader::duration).orElse(LONGEST);
    }

    static Duration duration(String text) {
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw wrong(text);
        }
        long number = Long.parseLong(parts.group(1));
        Duration duration = switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
        if (!duration.isPositive() || duration.compareTo(LONGEST) > 0) {
            throw wrong(text);
        }
        return duration;
    }

    private void requireReachablePoolSize(RouterSettings settings) {
        if (problems.isEmpty()) {
            requireAtMost(settings.poolSize(), RouterKey.MAX_USER_SERVERS, settings.maxUserServers());
            requireAtMost(settings.poolSize(), RouterKey.MAX_DATABASE_SERVERS, settings.maxDatabaseServers());
            requireAtMost(settings.poolSize(), RouterKey.MAX_SERVERS, settings.maxServers());
        }
    }

    private void requireAtMost(int poolSize, RouterKey bound, int most) {
        require(
                poolSize <= most,
                "pool-size is %d, expected at most %s, which is %d".formatted(poolSize, bound.key(), most));
    }

    private List<AccessRule> access() {
        if (rules.size() > MOST_RULES) {
            problems.add("%d access rules, expected at most %d".formatted(rules.size(), MOST_RULES));
        }
        if (rules.isEmpty()) {
            return RouterKey.ACCESS.byDefault().map(RouterFileReader::rule).stream()
                    .toList();
        }
        return rules.values().stream()
                .flatMap(line -> read(line, RouterKey.ACCESS, RouterFileReader::rule).stream())
                .toList();
    }

    private static AccessRule rule(String text) {
        String[] words = text.split("\\s+", -1);
        if (words.length != RULE_WORDS) {
            throw wrong(text);
        }
        Method method = Arrays.stream(Method.values())
                .filter(one -> one.name().equals(words[0]))
                .findFirst()
                .orElseThrow(() -> wrong(text));
        return new AccessRule(range(words[3]), words[1], words[2], method);
    }

    private static String range(String text) {
        if (text.equals("all")) {
            return text;
        }
        int slash = text.indexOf('/');
        int bits = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash))
                        .getAddress()
                        .length
                * Byte.SIZE;
        if (slash >= 0) {
            int kept = Integer.parseInt(text.substring(slash + 1));
            if (kept < 0 || kept > bits) {
                throw new Wrong("keeps " + kept + " bits of an address of " + bits);
            }
        }
        return text;
    }

    private Optional<Path> file(RouterKey key) {
        return value(key, text -> {
            Path named = file.resolveSibling(text);
            if (!Files.isRegularFile(named) || !Files.isReadable(named)) {
                throw new Wrong("is " + named + ", which is no file that can be read");
            }
            return named;
        });
    }

    private boolean isSet(RouterKey key) {
        return lines.containsKey(key.key());
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            problems.add(otherwise);
        }
    }

    private Optional<Lookup> lookup(RouterSettings settings) {
        boolean needed = settings.access().stream().anyMatch(rule -> rule.method() == Method.SCRAM);
        Optional<String> role = value(RouterKey.LOOKUP_ROLE, text -> text);
        Optional<Path> password = file(RouterKey.LOOKUP_PASSWORD_FILE);
        boolean whole = isSet(RouterKey.LOOKUP_ROLE) && isSet(RouterKey.LOOKUP_PASSWORD_FILE);
        boolean half = isSet(RouterKey.LOOKUP_ROLE) != isSet(RouterKey.LOOKUP_PASSWORD_FILE);
        require(!half, "lookup.role and lookup.password-file belong together: set both");
        require(
                whole || half || !needed,
                "lookup.role and lookup.password-file are missing, and an access rule says SCRAM: set both");
        Optional<Lookup> lookup = role.flatMap(name -> password.map(path -> new Lookup(name, path)));
        try {
            if (lookup.isPresent()) {
                lookup.get().login();
            }
        } catch (IOException unusable) {
            problems.add("lookup.password-file: " + unusable.getMessage());
        }
        return lookup;
    }

    private ClientTls clientTls(RouterSettings settings) {
        ClientTlsMode mode = word(RouterKey.CLIENT_TLS, ClientTlsMode.class).orElse(ClientTlsMode.OFF);
        Optional<KeyPair> own = keyPair(RouterKey.CLIENT_TLS_CERTIFICATE, RouterKey.CLIENT_TLS_KEY);
        Optional<Path> authority = file(RouterKey.CLIENT_TLS_AUTHORITY);
        require(
                mode == ClientTlsMode.OFF || isSet(RouterKey.CLIENT_TLS_CERTIFICATE),
                "tls.client.certificate and tls.client.key are missing, and tls.client.mode is not off: set both");
        require(
                settings.access().stream().noneMatch(rule -> rule.method() == Method.CERTIFICATE)
                        || mode != ClientTlsMode.OFF && isSet(RouterKey.CLIENT_TLS_AUTHORITY),
                "an access rule says CERTIFICATE: set tls.client.mode to allow or require, and tls.client.authority");
        return new ClientTls(mode, own, authority);
    }

    private ServerTls serverTls() {
        ServerTlsMode mode = word(RouterKey.SERVER_TLS, ServerTlsMode.class).orElse(ServerTlsMode.PREFER);
        Optional<Path> authority = file(RouterKey.SERVER_TLS_AUTHORITY);
        boolean verifies = mode == ServerTlsMode.VERIFY_CA || mode == ServerTlsMode.VERIFY_FULL;
        require(
                verifies == isSet(RouterKey.SERVER_TLS_AUTHORITY),
                verifies
                        ? "tls.server.authority is missing, and tls.server.mode verifies: set it"
                        : "tls.server.authority is set, and tls.server.mode does not look at it: use verify-ca or"
                                + " verify-full");
        return new ServerTls(mode, authority, keyPair(RouterKey.SERVER_TLS_CERTIFICATE, RouterKey.SERVER_TLS_KEY));
    }

    private Optional<KeyPair> keyPair(RouterKey certificate, RouterKey key) {
        Optional<Path> first = file(certificate);
        Optional<Path> second = file(key);
        require(
                isSet(certificate) == isSet(key),
                "%s and %s belong together: set both".formatted(certificate.key(), key.key()));
        return first.flatMap(one -> second.map(other -> new KeyPair(one, other)));
    }
}
