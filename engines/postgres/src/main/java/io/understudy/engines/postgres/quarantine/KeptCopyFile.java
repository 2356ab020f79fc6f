package io.understudy.engines.postgres.quarantine;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Receipt;
import io.understudy.engines.postgres.files.DataDirectoryException;
import io.understudy.engines.postgres.files.DurableFiles;
import io.understudy.engines.postgres.quarantine.KeptCopy.State;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A kept copy's description on disk: one properties file beside its data. Positions are decimal bytes. */
final class KeptCopyFile {

    private static final String NAME = "copy.properties";
    private static final String DATA = "data";

    private KeptCopyFile() {}

    static Path data(Path folder) {
        return folder.resolve(DATA);
    }

    static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(NAME));
    }

    static void write(Path folder, KeptCopy copy) throws IOException {
        Properties text = new Properties();
        text.setProperty("state", copy.state().name());
        text.setProperty("source", copy.source().toString());
        text.setProperty("keptAt", copy.keptAt().toString());
        text.setProperty("bytes", Long.toString(copy.bytes()));
        text.setProperty("reason", copy.divergence().reason());
        text.setProperty("epoch", copy.divergence().epoch().toString());
        Boundary fork = copy.divergence().fork();
        if (fork != null) {
            text.setProperty("fork.position", Long.toString(fork.position().value()));
            text.setProperty("fork.nextTransactionId", Long.toString(fork.nextTransactionId()));
            text.setProperty(
                    "fork.inProgress",
                    fork.inProgress().stream().map(String::valueOf).collect(Collectors.joining(",")));
        }
        Receipt receipt = copy.measured();
        if (receipt != null) {
            text.setProperty("receipt.transactions", Long.toString(receipt.transactions()));
            text.setProperty("receipt.from", Long.toString(receipt.from().value()));
            text.setProperty("receipt.to", Long.toString(receipt.to().value()));
        }
        StringWriter out = new StringWriter();
        text.store(out, null);
        DurableFiles.write(folder.resolve(NAME), out.toString());
    }

    static KeptCopy read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        Properties text = new Properties();
        text.load(new StringReader(Files.readString(file)));
        try {
            Epoch epoch = new Epoch(number(text, "epoch"));
            return new KeptCopy(
                    String.valueOf(folder.getFileName()),
                    data(folder),
                    Path.of(value(text, "source")),
                    Instant.parse(value(text, "keptAt")),
                    State.valueOf(value(text, "state")),
                    new Divergence(value(text, "reason"), epoch, fork(text)),
                    number(text, "bytes"),
                    receipt(text, epoch));
        } catch (RuntimeException e) {
            throw new DataDirectoryException(
                    file + " cannot be understood (" + e.getMessage() + "), expected what the quarantine wrote;"
                            + " correct the file or move " + folder + " out of the quarantine by hand",
                    e);
        }
    }

    private static @Nullable Boundary fork(Properties text) {
        if (!text.containsKey("fork.position")) {
            return null;
        }
        String ids = value(text, "fork.inProgress");
        List<Long> inProgress = ids.isEmpty()
                ? List.of()
                : Arrays.stream(ids.split(",", -1)).map(Long::valueOf).toList();
        return new Boundary(
                new Position(number(text, "fork.position")), number(text, "fork.nextTransactionId"), inProgress);
    }

    private static @Nullable Receipt receipt(Properties text, Epoch epoch) {
        return text.containsKey("receipt.transactions")
                ? new Receipt(
                        epoch,
                        number(text, "receipt.transactions"),
                        new Position(number(text, "receipt.from")),
                        new Position(number(text, "receipt.to")))
                : null;
    }

    private static long number(Properties text, String key) {
        return Long.parseLong(value(text, key));
    }

    private static String value(Properties text, String key) {
        String value = text.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("there is no " + key);
        }
        return value;
    }
}
