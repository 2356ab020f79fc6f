package io.understudy.guard;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;

/** Kills a tree of 150 processes twice, as a guard does for trial and then in earnest, and prints how many bytes the second time allocated. */
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
                    List.of("/bin/sh", "-c", "for i in $(seq 150); do sleep 1000 & done; wait"),
                    Path.of("/"),
                    Path.of("/dev/null")));
            while (RunningGuard.below(pid).size() < 150) {
                libc.sleepNanos(1_000_000);
            }
            threads.getCurrentThreadAllocatedBytes();
            long start = libc.monotonicNanos();
            long before = threads.getCurrentThreadAllocatedBytes();
            tree.kill();
            while (!tree.gone()) {
                libc.sleepNanos(1_000_000);
                tree.killPass();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
            System.err.println("killed 150 processes in " + (libc.monotonicNanos() - start) / 1000 + " us");
        }
        System.out.println(allocated);
    }
}
