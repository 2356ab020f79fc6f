package io.understudy.cli.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the JVM of an agent is started: small, and with the classes that an earlier run linked, where they were kept (ahead-of-time
 * class linking, JEP 483). Without them the first failover of an agent is spent to a good part on loading and linking.
 */
public final class AgentJvm {

    /** The system property that names the kept classes; a file that is not there, or not of this JDK, is passed over. */
    public static final String CACHE = "understudy.class-cache";

    private static final List<String> OPTIONS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:CompileThresholdScaling=0.2",
            "-Xms24m",
            "-Xmx96m",
            "-Xss512k",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError");

    private AgentJvm() {}

    /** Starts {@code main}, from the kept classes if there are any, with {@code more} options. */
    public static List<String> usual(List<String> more, List<String> main) {
        Optional<Path> cache =
                Optional.ofNullable(System.getProperty(CACHE)).map(Path::of).filter(Files::isReadable);
        List<String> options = new ArrayList<>(more);
        cache.ifPresent(file -> options.add("-XX:AOTCache=" + file));
        return command(options, main);
    }

    /** Starts {@code main}; its JVM writes what it used to {@code record} when it ends, which takes a few seconds. */
    public static List<String> recording(Path record, List<String> main) {
        return command(List.of("-XX:AOTMode=record", "-XX:AOTConfiguration=" + record), main);
    }

    /** Makes the {@code cache} of what was recorded, and ends. */
    public static List<String> making(Path record, Path cache) {
        return command(
                List.of("-XX:AOTMode=create", "-XX:AOTConfiguration=" + record, "-XX:AOTCache=" + cache), List.of());
    }

    private static List<String> command(List<String> more, List<String> main) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.addAll(more);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(main);
        return command;
    }
}
