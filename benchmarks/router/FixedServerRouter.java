import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.Router;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.back.BackTls;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.front.FrontTls;
import io.understudy.router.session.Sessions;
import io.understudy.router.topology.Topology;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A router in front of one server that is taken for the primary, for measurements and for trying clients: run it as a source file. */
public final class FixedServerRouter {
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
        RouterSettings defaults = RouterSettings.defaults(endpoint(options.get("--listen")));
        int pool = Integer.parseInt(options.getOrDefault("--pool-size", "8"));
        Method method = Method.valueOf(options.getOrDefault("--method", "SCRAM"));
        RouterSettings settings = new RouterSettings(
                defaults.listen(),
                RouterSettings.PoolMode.valueOf(options.getOrDefault("--pool-mode", "TRANSACTION")),
                pool,
                defaults.maxUserServers(),
                defaults.maxDatabaseServers(),
                defaults.maxServers(),
                Integer.parseInt(options.getOrDefault("--max-clients", "20000")),
                Integer.parseInt(options.getOrDefault("--max-clients", "20000")),
                defaults.queueTimeout(),
                Duration.ofSeconds(60),
                defaults.idleServer(),
                defaults.healthCheck(),
                defaults.preparedStatements(),
                List.of(new AccessRule("all", "all", "all", method)));
        String password = Files.readString(Path.of(options.get("--lookup-password-file"))).strip();
        Router.Access access = new Router.Access(
                FrontTls.OFF,
                BackTls.DISABLED,
                new Sessions.CatalogueLogin(
                        options.get("--lookup-user"),
                        options.getOrDefault("--lookup-database", "postgres"),
                        new ServerPassword(password)),
                () -> {});
        Topology primary = new Topology.Primary(new NodeId("fixed"), new Epoch(1), endpoint(options.get("--server")));
        Router router = Router.start(settings, access, listener -> {
            listener.accept(primary);
            return () -> {};
        });
        System.out.println("listening at port " + router.port());
        Runtime.getRuntime().addShutdownHook(new Thread(router::close));
        Thread.currentThread().join();
    }

    private static Endpoint endpoint(String text) {
        int colon = text.lastIndexOf(':');
        return new Endpoint(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }
}
