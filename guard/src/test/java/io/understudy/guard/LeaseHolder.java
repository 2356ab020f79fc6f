package io.understudy.guard;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A process that holds a lease as an agent does: arms epoch 1 and extends it several times a lease. Prints a line once it has extended it. */
final class LeaseHolder {
    static final Duration LEASE = Duration.ofSeconds(1);
    private static final Duration RENEWAL = Duration.ofMillis(100);

    private LeaseHolder() {}

    public static void main(String[] arguments) throws Exception {
        GuardClient client =
                GuardClient.connect(Path.of(arguments[0]), GuardListener.ignoring(), RunningGuard.PATIENCE);
        client.arm(1, System.nanoTime() + LEASE.toNanos());
        System.out.println("armed");
        while (true) {
            LockSupport.parkNanos(RENEWAL.toNanos());
            client.extend(1, System.nanoTime() + LEASE.toNanos());
        }
    }

    /** Starts one and waits until it armed the guard. */
    static Process start(RunningGuard guard) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LeaseHolder.class.getName(),
                        guard.launcher.socket().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] line = process.getInputStream().readNBytes("armed".length());
        if (line.length == 0) {
            process.waitFor(5, TimeUnit.SECONDS);
            throw new AssertionError("the lease holder ended: " + process);
        }
        return process;
    }
}
