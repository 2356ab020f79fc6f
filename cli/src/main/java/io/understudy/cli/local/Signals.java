package io.understudy.cli.local;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Collection;

/** Sends signals to processes by their id, without starting a process for it: what is to go at once goes at once. */
public enum Signals {
    KILL(9),
    QUIT(3),
    TERMINATE(15),
    STOP(19),
    RESUME(18);

    private static final MethodHandle KILL_CALL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int number;

    Signals(int number) {
        this.number = number;
    }

    /** To each of {@code pids}, in order; one that is gone already is passed over. */
    public void send(Collection<Long> pids) {
        for (long pid : pids) {
            if (pid <= 1) {
                throw new IllegalArgumentException("A process of a node has an id above 1, found " + pid);
            }
            try {
                int _ = (int) KILL_CALL.invokeExact((int) pid, number);
            } catch (Throwable thrown) {
                throw new AssertionError("kill(2) cannot throw", thrown);
            }
        }
    }
}
