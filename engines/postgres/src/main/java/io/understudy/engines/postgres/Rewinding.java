package io.understudy.engines.postgres;

import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.Action;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.DurableFiles;
import io.understudy.engines.postgres.files.TimelineHistory;
import io.understudy.engines.postgres.installation.PostgresInstallation;
import io.understudy.engines.postgres.quarantine.KeptCopy;
import io.understudy.engines.postgres.quarantine.PlainKeptServer;
import io.understudy.engines.postgres.quarantine.QuarantineStore;
import io.understudy.engines.postgres.quarantine.Rehearsal;
import io.understudy.engines.postgres.quarantine.Rewind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a replica's data out of what was just kept, instead of copying everything from the primary. Each kept copy is tried
 * at most once: whatever goes wrong, the answer is a clone.
 *
 * <p>Only data whose log is the cluster's up to the fork and a plain tail behind it is rewound. Data in which somebody else
 * promoted a server is not: {@code pg_rewind} tells histories apart by timeline ids, and such a server chose its own.
 */
final class Rewinding {

    private static final Logger log = LoggerFactory.getLogger(Rewinding.class);

    private static final String CANDIDATE = "rewind-candidate";

    /** The client could not connect at all. */
    private static final String UNREACHABLE = "08001";

    /** For each program and for the replay of what it made; a clone of that size would take longer. */
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private final Node node;
    private final QuarantineStore store;

    Rewinding(Node node, QuarantineStore store) {
        this.node = node;
        this.store = store;
    }

    /**
     * Notes that {@code kept} may be rewound, when it may. Its server was stopped in order, as a replica of nobody, when it
     * was measured: {@code pg_rewind} needs that, and would otherwise start a writable one itself.
     *
     * @param own the lineage the data had
     * @param cluster the ledger's
     */
    void propose(KeptCopy kept, List<TimelineStart> own, List<TimelineStart> cluster) throws IOException {
        if (node.installation.tools().contains(PostgresInstallation.Tool.REWIND)
                && !own.isEmpty()
                && own.size() < cluster.size()
                && own.equals(cluster.subList(0, own.size()))
                && isPlainTail(kept.data(), own.getLast().timeline())) {
            DurableFiles.write(note(), kept.id() + "\n");
        }
    }

    private static boolean isPlainTail(Path data, TimelineId timeline) throws IOException {
        ControlFile control = ControlFile.read(data);
        if (control.state() != ControlFile.State.SHUTDOWNED_IN_RECOVERY
                || !control.timeline().equals(timeline)) {
            return false;
        }
        String own = TimelineHistory.fileName(timeline);
        try (Stream<Path> files = Files.list(data.resolve("pg_wal"))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".history"))
                    .noneMatch(name -> name.compareTo(own) > 0);
        }
    }

    /** Whether the data directory was filled; otherwise it is as it was, and why is on record. */
    boolean attempt(Action.Clone clone) throws IOException, InterruptedException {
        endOrphans();
        Trees.delete(Rewind.workingOf(node.data()));
        Files.deleteIfExists(Rehearsal.logOf(Rewind.workingOf(node.data())));
        if (!Files.exists(note())) {
            return false;
        }
        String id = Files.readString(note()).strip();
        Optional<KeptCopy> kept = store.find(id);
        if (kept.isEmpty()) {
            forget();
            return false;
        }
        Optional<String> obstacle;
        try (RewindSource source = RewindSource.connect(clone.endpoint(), node.roles)) {
            forget();
            obstacle = rewind(kept.get(), clone, source);
        } catch (SQLException failed) {
            if (UNREACHABLE.equals(failed.getSQLState())) {
                // It cannot be copied from either; the copy is tried when it answers.
                return false;
            }
            obstacle = Optional.of(String.valueOf(failed.getMessage()));
        }
        forget();
        String told = obstacle.map(why -> "the kept copy " + id + " is not rewound, the node is copied anew: " + why)
                .orElse("a second copy of " + id + " was rewound to " + clone.primary());
        log.info("{}: {}", node.self(), told);
        node.journal.noted(obstacle.isEmpty() ? "Rewound" : "NotRewound", node.state.promised(), told);
        return obstacle.isEmpty();
    }

    /**
     * Ends what an agent that was killed had at work on the second copy: it would write into what is removed, or made anew,
     * meanwhile.
     *
     * @throws IOException when some of it does not end
     */
    void endOrphans() throws IOException, InterruptedException {
        if (SecondCopyUsers.end(Rewind.workingOf(node.data()))) {
            node.journal.noted(
                    "EndedRewind",
                    node.state.promised(),
                    "programs that an earlier agent had left at work on a second copy were ended");
        }
    }

    /** The data directory was filled, or the copy was tried: it is not tried again. */
    void forget() throws IOException {
        if (Files.deleteIfExists(note())) {
            DurableFiles.syncDirectory(node.settings.stateDirectory());
        }
    }

    private Optional<String> rewind(KeptCopy kept, Action.Clone clone, RewindSource source)
            throws IOException, SQLException, InterruptedException {
        TimelineId timeline = clone.lineage().getLast().timeline();
        Position copied = source.checkpointed(node.installation.major());
        if (source.timeline() != timeline.number()) {
            return Optional.of("the primary writes timeline " + source.timeline() + ", expected " + timeline);
        }
        node.passwords.ensure();
        RewoundLog rest = new RewoundLog(source, kept, node.user);
        Rewind rewind = new Rewind(node.installation.bin(), node.user.running(List.of()), LIMIT);
        Rewind.Outcome outcome = rewind.attempt(kept, node.data(), conninfo(clone), rewound -> {
            try {
                Optional<String> missing = rest.complete(rewound, timeline, copied);
                return missing.isPresent() ? missing : rehearsed(rewound);
            } catch (SQLException lost) {
                return Optional.of(String.valueOf(lost.getMessage()));
            }
        });
        return switch (outcome) {
            case Rewind.Rewound _ -> Optional.empty();
            case Rewind.CloneInstead instead -> Optional.of(instead.reason());
        };
    }

    private Optional<String> rehearsed(Path rewound) throws IOException, InterruptedException {
        return Rehearsal.of(
                rewound,
                node.installation.bin(),
                PlainKeptServer.starter(node.user.running(List.of())),
                (host, port) -> node.sessions.openAt(host, port),
                LIMIT);
    }

    private String conninfo(Action.Clone clone) {
        return Conninfo.to(clone.endpoint(), Roles.REWIND, node.passwords.file()) + " dbname=postgres";
    }

    private Path note() {
        return node.settings.stateDirectory().resolve(CANDIDATE);
    }
}
