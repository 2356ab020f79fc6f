package io.understudy.engines.postgres;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The settings of a server: Understudy's own, defaults a user may replace, and the user's. */
final class ServerParameters {

    /** The resting state: commits wait for a replica that does not exist. */
    static final String NOBODY = "ANY 1 (\"understudy_nobody\")";

    /** Names the member that {@code primary_conninfo} leads to; any session can be asked for it. */
    static final String UPSTREAM = "understudy.upstream";

    /** How long the server waits before it tries its upstream again, or looks for more log. */
    static final Duration RETRY_INTERVAL = Duration.ofMillis(50);

    /** How long either side of a replication connection may be silent. */
    static final Duration REPLICATION_TIMEOUT = Duration.ofSeconds(5);

    private static final int SENDERS_PER_MEMBER = 2;
    private static final int SPARE_SENDERS = 6;
    private static final Duration DEFAULT_REPLAY_DELAY = Duration.ofSeconds(30);
    private static final int ALLOW_ALTER_SYSTEM_SINCE = 17;

    private static final Set<String> OURS = Set.of(
            "allow_alter_system",
            "archive_cleanup_command",
            "cluster_name",
            "config_file",
            "data_directory",
            "fsync",
            "full_page_writes",
            "hba_file",
            "hot_standby",
            "logging_collector",
            "max_standby_streaming_delay",
            "port",
            "primary_conninfo",
            "primary_slot_name",
            "promote_trigger_file",
            "recovery_end_command",
            "recovery_target",
            "recovery_target_action",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_timeline",
            "recovery_target_xid",
            "restart_after_crash",
            "restore_command",
            "sync_replication_slots",
            "synchronous_commit",
            "synchronous_standby_names",
            "unix_socket_directories",
            UPSTREAM,
            "wal_receiver_create_temp_slot",
            "wal_receiver_status_interval",
            "wal_retrieve_retry_interval");

    private ServerParameters() {}

    /** Whether only Understudy sets {@code key}. */
    static boolean isOurs(String key) {
        return OURS.contains(key.toLowerCase(java.util.Locale.ROOT));
    }

    /** What the include file says, in the order it says it. */
    static String render(PostgresSettings settings, int major, LiveSettings live) {
        Map<String, String> all = new LinkedHashMap<>(replaceable(settings));
        all.putAll(new TreeMap<>(settings.parameters()));
        all.putAll(fixed(settings, major));
        all.put("synchronous_standby_names", live.synchronousStandbyNames());
        all.put("synchronous_commit", live.synchronousCommit());
        all.put("max_standby_streaming_delay", milliseconds(live.replayDelay()));
        all.put("primary_conninfo", live.upstream().conninfo());
        all.put("primary_slot_name", live.upstream().slot());
        all.put(UPSTREAM, live.upstream().name());
        StringBuilder text = new StringBuilder("# Written by Understudy before every start and on every change.\n"
                + "# Edits here are lost: give PostgreSQL's settings to Understudy.\n");
        all.forEach((key, value) ->
                text.append(key).append(" = '").append(quoted(value)).append("'\n"));
        return text.toString();
    }

    /** Whom an include file that {@link #render} wrote names; nobody when it names none. */
    static Upstream upstreamIn(List<String> lines) {
        return new Upstream(
                valueIn(lines, UPSTREAM), valueIn(lines, "primary_conninfo"), valueIn(lines, "primary_slot_name"));
    }

    private static String valueIn(List<String> lines, String key) {
        String begin = key + " = '";
        return lines.stream()
                .filter(line -> line.startsWith(begin) && line.endsWith("'") && line.length() > begin.length())
                .findFirst()
                .map(line -> line.substring(begin.length(), line.length() - 1))
                .map(value -> value.replace("''", "'").replace("\\\\", "\\"))
                .orElse("");
    }

    private static Map<String, String> replaceable(PostgresSettings settings) {
        int senders = settings.members().size() * SENDERS_PER_MEMBER + SPARE_SENDERS;
        Map<String, String> defaults = new LinkedHashMap<>();
        defaults.put("listen_addresses", settings.endpoint().host());
        defaults.put("wal_level", "replica");
        defaults.put("max_wal_senders", Integer.toString(senders));
        defaults.put("max_replication_slots", Integer.toString(senders));
        defaults.put("superuser_reserved_connections", "8");
        defaults.put("wal_keep_size", "256MB");
        defaults.put("max_slot_wal_keep_size", "4GB");
        defaults.put("hot_standby_feedback", "off");
        defaults.put("wal_log_hints", "off");
        // A start after a crash or a clone syncs the data first: one call instead of one for each file.
        defaults.put("recovery_init_sync_method", "syncfs");
        defaults.put("password_encryption", "scram-sha-256");
        defaults.put("wal_sender_timeout", milliseconds(REPLICATION_TIMEOUT));
        defaults.put("wal_receiver_timeout", milliseconds(REPLICATION_TIMEOUT));
        defaults.put("tcp_keepalives_idle", "5");
        defaults.put("tcp_keepalives_interval", "1");
        defaults.put("tcp_keepalives_count", "5");
        defaults.put("log_line_prefix", "%m [%p] %q%u@%d ");
        return defaults;
    }

    private static Map<String, String> fixed(PostgresSettings settings, int major) {
        Map<String, String> fixed = new LinkedHashMap<>();
        fixed.put("port", Integer.toString(settings.endpoint().port()));
        fixed.put("cluster_name", settings.node().name());
        fixed.put("unix_socket_directories", "");
        fixed.put("fsync", "on");
        fixed.put("full_page_writes", "on");
        fixed.put("hot_standby", "on");
        fixed.put("logging_collector", "off");
        fixed.put("restart_after_crash", "off");
        fixed.put("recovery_target_timeline", "latest");
        fixed.put("restore_command", "");
        fixed.put("wal_receiver_status_interval", "1s");
        fixed.put("wal_retrieve_retry_interval", milliseconds(RETRY_INTERVAL));
        if (major >= ALLOW_ALTER_SYSTEM_SINCE) {
            fixed.put("allow_alter_system", "off");
        }
        return fixed;
    }

    private static String milliseconds(Duration duration) {
        return duration.toMillis() + "ms";
    }

    private static String quoted(String value) {
        return value.replace("\\", "\\\\").replace("'", "''");
    }

    /**
     * Whom the server follows.
     *
     * @param name the member, empty for nobody
     * @param conninfo how it is reached, empty for nobody
     * @param slot the slot there, empty for nobody
     */
    record Upstream(String name, String conninfo, String slot) {
        static final Upstream NOBODY = new Upstream("", "", "");
    }

    /** What changes while a server runs. */
    record LiveSettings(
            Upstream upstream, String synchronousStandbyNames, String synchronousCommit, Duration replayDelay) {

        /** Follows nobody, and nobody may confirm. */
        static final LiveSettings SEALED =
                new LiveSettings(Upstream.NOBODY, ServerParameters.NOBODY, "on", DEFAULT_REPLAY_DELAY);

        LiveSettings following(Upstream whom, Duration delay) {
            return new LiveSettings(whom, ServerParameters.NOBODY, "on", delay);
        }

        LiveSettings delaying(Duration delay) {
            return new LiveSettings(upstream, synchronousStandbyNames, synchronousCommit, delay);
        }

        LiveSettings confirming(String names, String commit) {
            return new LiveSettings(upstream, names, commit, replayDelay);
        }

        /** The same with nobody to confirm: what lies on disk, for a server that is started out of turn. */
        LiveSettings atRest() {
            return new LiveSettings(upstream, ServerParameters.NOBODY, synchronousCommit, replayDelay);
        }
    }
}
