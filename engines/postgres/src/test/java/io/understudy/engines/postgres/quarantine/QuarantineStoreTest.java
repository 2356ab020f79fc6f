package io.understudy.engines.postgres.quarantine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Receipt;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.RealServer;
import io.understudy.engines.postgres.quarantine.KeptCopy.State;
import io.understudy.engines.postgres.quarantine.QuarantineStore.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QuarantineStoreTest {

    private static final InstantSource NOON = InstantSource.fixed(Instant.parse("2026-01-01T12:00:00Z"));
    private static final Divergence DIVERGED = new Divergence(
            "two = signs, \\ and ümlauts",
            new Epoch(7),
            new Boundary(new Position(0x3000000), 1L << 33, List.of(5L, 6L)));

    private RealServer server;
    private Path folder;

    @BeforeEach
    void initialise() throws Exception {
        server = RealServer.initialised();
        folder = Path.of(server.data() + ".quarantine");
    }

    @AfterEach
    void remove() throws Exception {
        server.close();
        QuarantineStore.deleteTree(folder);
    }

    @Test
    void keptDataIsMovedAndDescribed() throws Exception {
        long system = ControlFile.read(server.data()).systemIdentifier();
        QuarantineStore store = store();

        KeptCopy kept = store.keep(server.data(), DIVERGED);

        assertThat(server.data()).doesNotExist();
        assertThat(ControlFile.read(kept.data()).systemIdentifier()).isEqualTo(system);
        assertThat(kept.bytes()).isGreaterThan(16 << 20);
        assertThat(kept.keptAt()).isEqualTo(NOON.instant());
        assertThat(kept.divergence()).isEqualTo(DIVERGED);
        assertThat(store().list()).containsExactly(kept);
        assertThat(kept.summary().reason()).isEqualTo(DIVERGED.reason());
        Receipt receipt = new Receipt(new Epoch(7), 3, new Position(1), new Position(9));
        assertThat(store.record(kept.id(), receipt).receipt()).contains(receipt);
        assertThat(store().list().getFirst().receipt()).contains(receipt);
    }

    @Test
    void aSecondCopyOfTheSameMomentGetsItsOwnIdAndTheLimitOnlySpeaksUp() throws Exception {
        QuarantineStore store = QuarantineStore.at(folder, 20 << 20, NOON);
        try (RealServer other = server.copy()) {
            KeptCopy first = store.keep(server.data(), DIVERGED);
            assertThat(first.bytes()).isGreaterThan(20 << 20);
            KeptCopy second = store.keep(other.data(), DIVERGED);

            assertThat(second.id()).isNotEqualTo(first.id());
            assertThat(store.list()).containsExactlyInAnyOrder(first, second);
            assertThat(store.overLimit())
                    .contains(new QuarantineStore.OverLimit(first.bytes() + second.bytes(), 20 << 20));
        }
        store.list().forEach(copy -> assertThat(copy.data()).exists());
        assertThat(store().overLimit()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"INTENT_WRITTEN", "RENAMED", "KEPT"})
    void aCrashWhileKeepingIsFinishedOrTakenBack(Step step) throws Exception {
        assertThatThrownBy(() -> crashing(step).keep(server.data(), DIVERGED)).isInstanceOf(Crash.class);

        QuarantineStore store = store();

        if (step == Step.INTENT_WRITTEN) {
            assertThat(store.list()).isEmpty();
            assertThat(ControlFile.read(server.data())).isNotNull();
            assertThat(folder).isEmptyDirectory();
        } else {
            KeptCopy kept = store.list().getFirst();
            assertThat(kept.state()).isEqualTo(State.KEPT);
            assertThat(kept.bytes()).isPositive();
            assertThat(ControlFile.read(kept.data())).isNotNull();
            assertThat(server.data()).doesNotExist();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"DROP_MARKED", "DATA_DELETED"})
    void aCrashWhileDroppingIsFinished(Step step) throws Exception {
        KeptCopy kept = store().keep(server.data(), DIVERGED);
        assertThatThrownBy(() -> crashing(step).drop(kept.id())).isInstanceOf(Crash.class);

        assertThat(store().list()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void droppingDeletesOneCopyAndNamesWhatItDoesNotFind() throws Exception {
        QuarantineStore store = store();
        KeptCopy kept = store.keep(server.data(), DIVERGED);
        assertThatThrownBy(() -> store.drop("nonsense"))
                .hasMessageContaining("nonsense")
                .hasMessageContaining(kept.id());

        store.drop(kept.id());

        assertThat(store.list()).isEmpty();
        assertThat(kept.data()).doesNotExist();
    }

    @Test
    void aCopyThatSomebodyMovedAwayIsShownAsMissing() throws Exception {
        KeptCopy kept = store().keep(server.data(), DIVERGED);
        Files.move(kept.data(), server.data());

        assertThat(store().list().getFirst().state()).isEqualTo(State.MISSING);
    }

    @Test
    void dataInUseIsNotMoved() throws Exception {
        server.start();
        assertThatThrownBy(() -> store().keep(server.data(), DIVERGED))
                .hasMessageContaining("is used by the processes");
        assertThat(server.query("select 1")).isEqualTo("1");
    }

    @Test
    void dataWithTablespacesElsewhereIsNotMoved() throws Exception {
        Files.createSymbolicLink(server.data().resolve("pg_tblspc/16384"), Path.of("/nowhere"));
        assertThatThrownBy(() -> store().keep(server.data(), DIVERGED)).hasMessageContaining("tablespaces");
        assertThat(server.data()).exists();
    }

    private QuarantineStore store() throws Exception {
        return QuarantineStore.at(folder, Long.MAX_VALUE, NOON);
    }

    private QuarantineStore crashing(Step at) {
        return new QuarantineStore(folder, Long.MAX_VALUE, NOON, step -> {
            if (step == at) {
                throw new Crash();
            }
        });
    }

    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1;
    }
}
