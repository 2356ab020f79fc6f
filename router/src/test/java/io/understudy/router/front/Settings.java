package io.understudy.router.front;

import io.understudy.core.cluster.Endpoint;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import java.util.List;

/** Settings of a router in a test. */
final class Settings {
    private Settings() {}

    static RouterSettings with(List<AccessRule> access) {
        return with(access, 10);
    }

    static RouterSettings with(List<AccessRule> access, int maxClients) {
        RouterSettings some = RouterSettings.defaults(new Endpoint("127.0.0.1", 1));
        return new RouterSettings(
                some.listen(),
                some.poolMode(),
                some.poolSize(),
                some.maxUserServers(),
                some.maxDatabaseServers(),
                some.maxServers(),
                maxClients,
                some.maxWaiting(),
                some.queueTimeout(),
                some.loginTimeout(),
                some.idleServer(),
                some.healthCheck(),
                some.preparedStatements(),
                access);
    }
}
