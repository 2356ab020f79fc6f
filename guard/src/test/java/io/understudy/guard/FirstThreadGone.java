package io.understudy.guard;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process that is kept halfway through its end, where others are for a moment only: called {@code postgres}, told on its input to let its first
 * thread end and to live on in the others, until its input ends.
 */
final class FirstThreadGone {

    /**
     * Both a free real-time signal and the number of exit(2) on x86-64, the system call that ends one thread: with syscall(2) as the handler, which
     * gets the signal's number as its first argument, a thread that is sent this signal ends alone.
     */
    private static final int EXIT = 60;

    private FirstThreadGone() {}

    static Process start(Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xint",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FirstThreadGone.class.getName())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
    }

    public static void main(String[] none) throws Throwable {
        long self = ProcessHandle.current().pid();
        Files.writeString(Path.of("/proc", Long.toString(self), "comm"), "postgres");
        System.out.println("named");
        System.in.read();
        Linker linker = Linker.nativeLinker();
        MethodHandle signal = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("signal"),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        MethodHandle send = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("tgkill"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MemorySegment previous =
                (MemorySegment) signal.invokeExact(EXIT, linker.defaultLookup().findOrThrow("syscall"));
        int sent = (int) send.invokeExact((int) self, (int) self, EXIT);
        while (System.in.read() >= 0) {
            // Lives on until told.
        }
        Runtime.getRuntime().halt(0);
    }
}
