package io.understudy.engines.postgres.installation;

import java.nio.file.Path;

/** Where the PostgreSQL binaries come from. */
public sealed interface InstallationSource {

    /**
     * The binaries of one directory.
     *
     * @param directory what holds {@code postgres} and {@code initdb}, or holds {@code bin} which does
     */
    record Configured(Path directory) implements InstallationSource {}

    /**
     * The machine's newest supported installation; without one the embedded one.
     *
     * @param cache where the embedded one is unpacked, as in {@link Embedded}
     */
    record Automatic(Path cache) implements InstallationSource {}

    /**
     * The one on the class path.
     *
     * @param cache where it is unpacked; other users must be able to enter it, so it may not lie below a closed home
     */
    record Embedded(Path cache) implements InstallationSource {}
}
