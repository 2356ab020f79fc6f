package io.understudy.router.admin;

import static io.understudy.router.admin.Table.Column.number;
import static io.understudy.router.admin.Table.Column.text;

import io.understudy.router.admin.Command.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What {@code SHOW} tells, column by column. The columns are part of {@code docs/router.md}. */
final class Tables {
    private record Line(String command, String meaning) {}

    private record Stat(String user, String database, Counts counts, Pace pace) {}

    private record PinLine(ClientView client, String reason) {}

    private static final String IN_ALL = "(all)";

    private static final Table<PoolFigures> POOLS = new Table<>(
            List.of(
                    text("user", PoolFigures::user),
                    text("database", PoolFigures::database),
                    text("mode", pool -> lower(pool.mode())),
                    number("clients_active", PoolFigures::clientsActive),
                    number("clients_waiting", PoolFigures::clientsWaiting),
                    number("clients_idle", PoolFigures::clientsIdle),
                    number("servers_active", PoolFigures::serversActive),
                    number("servers_idle", PoolFigures::serversIdle),
                    number("servers_opening", PoolFigures::serversOpening),
                    number("oldest_wait_ms", pool -> pool.oldestWait().toMillis()),
                    text("paused", pool -> pool.paused() ? "yes" : "no"),
                    text("last_problem", pool -> unlessEmpty(pool.lastProblem()))),
            from -> from.figures().pools().stream().filter(PoolFigures::present).toList());

    private static final Table<ClientView> CLIENTS = new Table<>(
            List.of(
                    number("id", ClientView::id),
                    text("user", ClientView::user),
                    text("database", ClientView::database),
                    text("address", ClientView::address),
                    text("application_name", ClientView::application),
                    text("state", ClientView::state),
                    number("connected_s", client -> client.connected().toSeconds()),
                    number("waiting_ms", client -> client.waiting().toMillis()),
                    number("server_pid", client -> orNull(client.serverPid())),
                    number("prepared_statements", ClientView::preparedStatements),
                    text("pin", client -> unlessEmpty(String.join("; ", client.pins())))),
            Operations::clients);

    private static final Table<ServerView> SERVERS = new Table<>(
            List.of(
                    number("pid", ServerView::pid),
                    text("user", ServerView::user),
                    text("database", ServerView::database),
                    text("node", ServerView::node),
                    number("epoch", ServerView::epoch),
                    text("address", ServerView::address),
                    text("state", ServerView::state),
                    number("age_s", server -> server.age().toSeconds()),
                    number("client_id", server -> orNull(server.clientId())),
                    number("prepared_statements", ServerView::preparedStatements),
                    text("transaction", ServerView::transaction)),
            Operations::servers);

    private static final Table<PinLine> PINS = new Table<>(
            List.of(
                    number("client_id", pin -> pin.client().id()),
                    text("user", pin -> pin.client().user()),
                    text("database", pin -> pin.client().database()),
                    text("address", pin -> pin.client().address()),
                    text("application_name", pin -> pin.client().application()),
                    number("server_pid", pin -> orNull(pin.client().serverPid())),
                    text("reason", PinLine::reason),
                    number("pinned_s", pin -> pin.client().pinned().toSeconds())),
            from -> from.clients().stream()
                    .flatMap(client -> client.pins().stream().map(reason -> new PinLine(client, reason)))
                    .toList());

    private static final Table<Stat> STATS = new Table<>(
            List.of(
                    text("user", Stat::user),
                    text("database", Stat::database),
                    number("clients", stat -> stat.counts().clients()),
                    number("transactions", stat -> stat.counts().transactions()),
                    number("queries", stat -> stat.counts().queries()),
                    number("errors", stat -> stat.counts().traffic().serverErrors()),
                    number("received_bytes", stat -> stat.counts().traffic().clientBytes()),
                    number("answered_bytes", stat -> stat.counts().traffic().serverBytes()),
                    number("busy_ms", stat -> stat.counts().busy().toMillis()),
                    number("waits", stat -> stat.counts().waits().count()),
                    text(
                            "average_wait_ms",
                            stat -> milliseconds(stat.counts().waits().average())),
                    text(
                            "longest_wait_ms",
                            stat -> milliseconds(stat.counts().waits().longest())),
                    number("cancels", stat -> stat.counts().cancels()),
                    number("servers_opened", stat -> stat.counts().servers().opened()),
                    number("servers_closed", stat -> stat.counts().servers().closed()),
                    number("servers_lost", stat -> stat.counts().servers().lost()),
                    number("refused", stat -> stat.counts().refusedInAll()),
                    text("transactions_per_s", stat -> rate(stat.pace().transactions())),
                    text("queries_per_s", stat -> rate(stat.pace().queries())),
                    text("waits_per_s", stat -> rate(stat.pace().waits()))),
            from -> stats(from.figures().pools()));

    private static final Table<Setting> CONFIG = new Table<>(
            List.of(
                    text("name", Setting::name),
                    text("value", setting -> unlessEmpty(setting.value())),
                    text("default", setting -> unlessEmpty(setting.byDefault())),
                    text("changed_by", setting -> lower(setting.change()))),
            Operations::configuration);

    private static final Table<String> VERSION =
            new Table<>(List.of(text("version", line -> line)), from -> List.of("Understudy router " + Version.text()));

    private static final Table<Line> HELP = new Table<>(
            List.of(text("command", Line::command), text("meaning", Line::meaning)),
            from -> List.of(
                    new Line("SHOW POOLS", "users in databases: clients, server connections, the oldest wait"),
                    new Line("SHOW CLIENTS", "who is connected, and which server connection it has"),
                    new Line("SHOW SERVERS", "server connections, and which client has them"),
                    new Line("SHOW STATS", "counts since the start, and a second's over the last minute"),
                    new Line("SHOW PINS", "what ties clients to their server connections, and for how long"),
                    new Line("SHOW CONFIG", "settings that count now, and which of them RELOAD changes"),
                    new Line("SHOW VERSION", "this router's version"),
                    new Line(
                            "PAUSE [database]",
                            "let transactions end and begin no other; done when none runs, taken back when that takes longer than queue-timeout"),
                    new Line("RESUME [database]", "serve those who queued meanwhile, and go on"),
                    new Line("RECONNECT [database]", "replace server connections as they become free"),
                    new Line("RELOAD", "read the configuration again")));

    private Tables() {}

    static Table<?> of(Subject subject) {
        return switch (subject) {
            case POOLS -> POOLS;
            case CLIENTS -> CLIENTS;
            case SERVERS -> SERVERS;
            case STATS -> STATS;
            case PINS -> PINS;
            case CONFIG -> CONFIG;
            case VERSION -> VERSION;
            case HELP -> HELP;
        };
    }

    private static List<Stat> stats(List<PoolFigures> pools) {
        List<Stat> all = new ArrayList<>();
        pools.forEach(pool -> all.add(new Stat(pool.user(), pool.database(), pool.counts(), pool.lastMinute())));
        all.stream()
                .reduce((one, other) -> new Stat(
                        IN_ALL,
                        IN_ALL,
                        one.counts().plus(other.counts()),
                        one.pace().plus(other.pace())))
                .ifPresent(sum -> all.add(new Stat(IN_ALL, IN_ALL, sum.counts(), sum.pace())));
        return all;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable Object orNull(OptionalInt value) {
        return value.isPresent() ? value.getAsInt() : null;
    }

    private static @Nullable Object unlessEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    private static String milliseconds(Duration duration) {
        return String.format(Locale.ROOT, "%.3f", duration.toNanos() / 1e6);
    }

    private static String rate(double perSecond) {
        return String.format(Locale.ROOT, "%.2f", perSecond);
    }
}
