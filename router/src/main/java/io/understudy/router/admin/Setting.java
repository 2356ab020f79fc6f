package io.understudy.router.admin;

import io.understudy.router.RouterSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * One setting, by the name it has in the configuration. There is nothing secret among them.
 *
 * @param value empty when it is not set
 * @param byDefault empty when there is none
 * @param change when a changed value counts
 */
public record Setting(String name, String value, String byDefault, Change change) {

    /** When a changed value counts. */
    public enum Change {
        RELOAD,
        RESTART
    }

    /** What a router has that reads no file. */
    static List<Setting> fixed(RouterSettings now) {
        RouterSettings sane = RouterSettings.defaults(now.listen());
        List<Setting> all = new ArrayList<>();
        all.add(new Setting("listen", now.listen().toString(), "", Change.RESTART));
        add(all, "pool-mode", now, sane, each -> each.poolMode().name().toLowerCase(Locale.ROOT));
        add(all, "pool-size", now, sane, RouterSettings::poolSize);
        add(all, "max-user-servers", now, sane, RouterSettings::maxUserServers);
        add(all, "max-database-servers", now, sane, RouterSettings::maxDatabaseServers);
        add(all, "max-servers", now, sane, RouterSettings::maxServers);
        add(all, "max-clients", now, sane, RouterSettings::maxClients);
        add(all, "max-waiting", now, sane, RouterSettings::maxWaiting);
        add(all, "queue-timeout", now, sane, each -> written(each.queueTimeout()));
        add(all, "login-timeout", now, sane, each -> written(each.loginTimeout()));
        add(all, "idle-server", now, sane, each -> written(each.idleServer()));
        add(all, "health-check", now, sane, each -> written(each.healthCheck()));
        add(all, "prepared-statements", now, sane, RouterSettings::preparedStatements);
        add(
                all,
                "admin-users",
                now,
                sane,
                each -> String.join(", ", each.operators().admins()));
        add(
                all,
                "stats-users",
                now,
                sane,
                each -> String.join(", ", each.operators().observers()));
        for (int i = 0; i < now.access().size(); i++) {
            all.add(new Setting(
                    "access." + (i + 1),
                    written(now.access().get(i)),
                    i < sane.access().size() ? written(sane.access().get(i)) : "",
                    Change.RESTART));
        }
        return all;
    }

    private static void add(
            List<Setting> all,
            String name,
            RouterSettings now,
            RouterSettings sane,
            Function<RouterSettings, Object> value) {
        all.add(new Setting(name, value.apply(now).toString(), value.apply(sane).toString(), Change.RESTART));
    }

    private static String written(RouterSettings.AccessRule rule) {
        return "%s %s %s %s".formatted(rule.method(), rule.user(), rule.database(), rule.from());
    }

    /** As the configuration has it: in the largest unit that loses nothing. */
    static String written(Duration duration) {
        if (duration.isZero() || duration.toMillisPart() != 0) {
            return duration.toMillis() + "ms";
        }
        if (duration.toSecondsPart() != 0) {
            return duration.toSeconds() + "s";
        }
        return duration.toMinutesPart() != 0 ? duration.toMinutes() + "m" : duration.toHours() + "h";
    }
}
