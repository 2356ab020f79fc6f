package io.understudy.engines.postgres.quarantine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Epoch;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.RealServer;
import io.understudy.engines.postgres.quarantine.Rewind.CloneInstead;
import io.understudy.engines.postgres.quarantine.Rewind.Rewound;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What surrounds {@code pg_rewind}; the embedded installation has none, so a script stands at its place. */
class RewindTest {

    private static final Rewind.Completion WHOLE = rewound -> java.util.Optional.empty();
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private RealServer server;
    private Path folder;
    private Path binaries;
    private KeptCopy kept;

    @BeforeEach
    void keep() throws Exception {
        server = RealServer.initialised();
        folder = Path.of(server.data() + ".quarantine");
        binaries = RealServer.folder();
        kept = QuarantineStore.at(folder, Long.MAX_VALUE, InstantSource.system())
                .keep(server.data(), new Divergence("x", new Epoch(1), null));
    }

    @AfterEach
    void remove() throws Exception {
        server.close();
        QuarantineStore.deleteTree(folder);
        QuarantineStore.deleteTree(binaries);
    }

    @Test
    void withoutTheProgramTheAnswerIsToClone() throws Exception {
        Rewind rewind = new Rewind(binaries, List.of(), LIMIT);
        assertThat(rewind.isAvailable()).isFalse();
        assertThat(rewind.attempt(kept, server.data(), "host=nowhere", WHOLE))
                .isEqualTo(new CloneInstead("there is no pg_rewind in " + binaries));
    }

    @Test
    void aSuccessPutsARewoundCopyInPlaceAndLeavesTheKeptOne() throws Exception {
        Rewind rewind = withProgram("cd \"${1#--target-pgdata=}\" && touch rewound backup_label");

        assertThat(rewind.attempt(kept, server.data(), "host=nowhere", WHOLE)).isEqualTo(new Rewound(server.data()));

        assertThat(server.data().resolve("rewound")).exists();
        assertThat(kept.data().resolve("rewound")).doesNotExist();
        assertThat(ControlFile.read(kept.data())).isEqualTo(ControlFile.read(server.data()));
        assertThatThrownBy(() -> rewind.attempt(kept, server.data(), "host=nowhere", WHOLE))
                .hasMessageContaining("expected its place to be free");
    }

    @Test
    void whatWasNotRewoundOrIsNotWholeIsNotPutInPlace() throws Exception {
        assertThat(withProgram("exit 0").attempt(kept, server.data(), "host=nowhere", WHOLE))
                .isInstanceOfSatisfying(
                        CloneInstead.class,
                        answer -> assertThat(answer.reason()).contains("found nothing to rewind"));
        assertThat(withProgram("touch \"${1#--target-pgdata=}/backup_label\"")
                        .attempt(kept, server.data(), "host=nowhere", rewound -> java.util.Optional.of("a file lacks")))
                .isInstanceOfSatisfying(
                        CloneInstead.class,
                        answer -> assertThat(answer.reason()).contains("a file lacks"));
        assertThat(server.data()).doesNotExist();
    }

    @Test
    void aKeptCopyWhoseLogLiesElsewhereIsNotRewoundBecauseItsSecondCopyWouldShareIt() throws Exception {
        Path log = kept.data().resolve("pg_wal");
        Path elsewhere = binaries.resolve("log");
        Files.move(log, elsewhere);
        Files.createSymbolicLink(log, elsewhere);
        assertThat(withProgram("exit 0").attempt(kept, server.data(), "host=nowhere", WHOLE))
                .isInstanceOfSatisfying(
                        CloneInstead.class,
                        answer -> assertThat(answer.reason()).contains("pg_wal is a link"));
        assertThat(server.data()).doesNotExist();
    }

    @Test
    void failuresAreBoundedAndLeaveNothingBehind() throws Exception {
        Path tries = binaries.resolve("tries");
        Rewind rewind = withProgram("echo x >> " + tries + "; rm \"${1#--target-pgdata=}/PG_VERSION\" || echo ruined;"
                + " echo could not find common ancestor; exit 1");

        assertThat(rewind.attempt(kept, server.data(), "host=nowhere", WHOLE))
                .isEqualTo(new CloneInstead("pg_rewind failed 2 times: status 1, could not find common ancestor"));

        assertThat(Files.readAllLines(tries)).hasSize(Rewind.MAX_TRIES);
        assertThat(server.data()).doesNotExist();
        assertThat(server.data().resolveSibling(server.data().getFileName() + ".rewinding"))
                .doesNotExist();
        assertThat(ControlFile.read(kept.data())).isNotNull();
    }

    @Test
    void oneThatHangsIsKilled() throws Exception {
        withProgram("exec sleep 1000");
        Rewind impatient = new Rewind(binaries, List.of(), Duration.ofSeconds(2));
        assertThat(impatient.attempt(kept, server.data(), "host=nowhere", WHOLE))
                .isInstanceOfSatisfying(
                        CloneInstead.class,
                        answer -> assertThat(answer.reason()).contains("had not ended after PT2S"));
    }

    private Rewind withProgram(String script) throws Exception {
        Path program = binaries.resolve("pg_rewind");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        program.toFile().setExecutable(true, false);
        return new Rewind(binaries, List.of(), LIMIT);
    }
}
