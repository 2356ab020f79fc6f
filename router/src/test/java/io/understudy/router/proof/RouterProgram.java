package io.understudy.router.proof;

import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.front.FrontTls;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A router alone, for the suites that others wrote. Says where it listens on its first line and serves until its input ends.
 *
 * <p>Arguments: the server's port, how clients log in (trust or scram-sha-256), a certificate and its key.
 */
final class RouterProgram {
    private static final Duration LOGIN_TIMEOUT = Duration.ofSeconds(15);

    private RouterProgram() {}

    public static void main(String[] arguments) throws Exception {
        InetSocketAddress server = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        Method method = arguments[1].equals("trust") ? Method.TRUST : Method.SCRAM;
        FrontTls tls = FrontTls.of(FrontTls.Mode.ALLOW, Path.of(arguments[2]), Path.of(arguments[3]), null);
        try (RouterUnderTest router = RouterUnderTest.start(
                server, tls, List.of(new AccessRule("all", "all", "all", method)), LOGIN_TIMEOUT)) {
            System.out.println("127.0.0.1 " + router.address().getPort());
            while (System.in.read() >= 0) {
                // Only the end of the input counts.
            }
        }
    }
}
