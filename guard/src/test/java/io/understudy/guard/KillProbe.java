package io.understudy.guard;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;

/** Kills a tree twice, as a guard does for trial and then in earnest, and prints how many bytes the second time allocated. */
final class KillProbe {
    private KillProbe() {}

    public static void main(String[] arguments) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Libc libc = new Libc();
        libc.becomeSubreaper();
        ServerTree tree = new ServerTree(libc);
        long allocated = 0;
        for (int round = 0; round < 2; round++) {
            int pid = tree.start(ServerCommand.of(
                    List.of("/bin/sh", "-c", "sleep 1000 & (sleep 1000 & sleep 1000) & wait; wait"),
                    Path.of("/"),
                    Path.of("/dev/null")));
            while (RunningGuard.below(pid).size() < 3) {
                libc.sleepNanos(1_000_000);
            }
            threads.getCurrentThreadAllocatedBytes();
            long before = threads.getCurrentThreadAllocatedBytes();
            tree.kill();
            while (!tree.gone()) {
                libc.sleepNanos(1_000_000);
                tree.killPass();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        System.out.println(allocated);
    }
}
