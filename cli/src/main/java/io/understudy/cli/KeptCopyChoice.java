package io.understudy.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which kept copy a verb is about: {@code ID} and {@code --node}. */
final class KeptCopyChoice {

    @Parameters(paramLabel = "ID", description = "As 'quarantine list' shows it.")
    private String id = "";

    @Option(names = "--node", paramLabel = "NODE", description = "Whose copy, where several have this id.")
    private @Nullable String node;

    String id() {
        return id;
    }

    /** Empty for whoever has one of this id. */
    Optional<String> node() {
        return Optional.ofNullable(node);
    }
}
