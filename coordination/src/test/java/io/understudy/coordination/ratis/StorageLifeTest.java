package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.coordination.ratis.StorageLife.Start;
import io.understudy.coordination.ratis.StorageWitness.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageLifeTest {
    @TempDir
    Path directory;

    private RaftSettings settings = new RaftSettings(
            "shop",
            "n1",
            List.of(new RaftPeerAddress("n1", "127.0.0.1", 1)),
            Path.of("raft"),
            Path.of("life"),
            RaftTimings.standard(),
            RaftLimits.standard());
    private Path log = Path.of("");

    @BeforeEach
    void makeStorage() throws IOException {
        settings = TestPeers.of(3, directory).settings("n1");
        log = RatisProperties.groupDirectory(settings);
        LocalPeer.format(settings);
    }

    @Test
    void aCrashBetweenAnyTwoStepsOfAStartIsNotTakenForARestoredCopy() throws IOException {
        StorageIdentity once = StorageLife.raise(settings, StorageIdentity.fresh(settings));
        for (int start = 1; start < 20; start++) {
            StorageWitness raising = new StorageWitness(once.incarnation(), start + 1, Phase.raising);
            raising.write(settings.witness());
            assertThat(StorageLife.inspect(settings)).isEqualTo(new Start.GoesOn(once));
            once.ready(start + 1).write(settings.storage());
            assertThat(StorageLife.inspect(settings)).isEqualTo(new Start.GoesOn(once.ready(start + 1)));
            once = StorageLife.raise(settings, start % 2 == 0 ? once : once.ready(start));
            assertThat(StorageLife.inspect(settings)).isEqualTo(new Start.GoesOn(once));
        }
    }

    @Test
    void aCrashWithinTheFirstStartIsAFirstStartAgain() {
        StorageIdentity forming = StorageIdentity.fresh(settings);
        assertThat(judge(forming, null)).isEqualTo(new Start.First(forming));
        assertThat(judge(forming, witness(forming, 1, Phase.raising))).isEqualTo(new Start.First(forming));
        assertThat(judge(forming.ready(1), witness(forming, 1, Phase.raising)))
                .isEqualTo(new Start.GoesOn(forming.ready(1)));
        StorageIdentity later = forming.asLaterLife();
        assertThat(judge(later, witness(later, 1, Phase.raising)))
                .isInstanceOfSatisfying(
                        Start.Anew.class, anew -> assertThat(anew.identity()).isEqualTo(later));
    }

    @Test
    void anEmptiedOlderOrForeignStorageIsAnotherLife() {
        StorageIdentity known = StorageIdentity.fresh(settings).ready(5);
        anotherLife(null, witness(known, 5, Phase.settled));
        anotherLife(known.ready(4), witness(known, 5, Phase.settled));
        anotherLife(known.ready(3), witness(known, 5, Phase.raising));
        anotherLife(known.ready(6), witness(known, 5, Phase.settled));
        anotherLife(known, witness(StorageIdentity.fresh(settings), 5, Phase.settled));
        anotherLife(known, null);
    }

    @Test
    void aCopyFromBeforeTheFirstStartIsAnotherLife() {
        StorageIdentity forming = StorageIdentity.fresh(settings);
        for (StorageIdentity copy : new StorageIdentity[] {forming, forming.asLaterLife()}) {
            anotherLife(copy, witness(forming, 1, Phase.settled));
            anotherLife(copy, witness(forming, 2, Phase.raising));
            anotherLife(copy, witness(StorageIdentity.fresh(settings), 1, Phase.settled));
        }
    }

    @Test
    void aStorageThatLostItsLogIsAnotherLife() throws IOException {
        StorageIdentity once = StorageLife.raise(settings, StorageIdentity.fresh(settings));
        Directories.deleteTree(log);
        assertThat(StorageLife.inspect(settings))
                .isInstanceOfSatisfying(
                        Start.Anew.class,
                        anew -> assertThat(anew.identity().incarnation()).isNotEqualTo(once.incarnation()));
    }

    @Test
    void oneFormerStorageIsKeptAndWhatTookPartInNothingIsNot() throws IOException {
        Path kept = settings.storage().resolve(StorageIdentity.FORMER);
        for (String text : new String[] {"one", "two"}) {
            Files.createDirectories(log);
            Files.writeString(log.resolve("log"), text);
            StorageIdentity.fresh(settings).ready(1).write(settings.storage());
            StorageLife.moveAside(settings);
            assertThat(log).doesNotExist();
            assertThat(kept.resolve(log.getFileName()).resolve("log")).hasContent(text);
            StorageLife.moveAside(settings);
            assertThat(kept.resolve(StorageIdentity.FILE)).exists();
        }
        Files.createDirectories(log);
        StorageIdentity.fresh(settings).asLaterLife().write(settings.storage());
        StorageLife.moveAside(settings);
        assertThat(kept.resolve(log.getFileName()).resolve("log")).hasContent("two");
    }

    private void anotherLife(@Nullable StorageIdentity inside, @Nullable StorageWitness outside) {
        StorageIdentity fresh = StorageIdentity.fresh(settings);
        assertThat(StorageLife.judge(Optional.ofNullable(inside), Optional.ofNullable(outside), fresh))
                .isInstanceOfSatisfying(Start.Anew.class, anew -> {
                    assertThat(anew.identity()).isEqualTo(fresh.asLaterLife());
                    assertThat(anew.identity().peer()).startsWith("n1~");
                });
    }

    private Start judge(StorageIdentity inside, @Nullable StorageWitness outside) {
        return StorageLife.judge(Optional.of(inside), Optional.ofNullable(outside), StorageIdentity.fresh(settings));
    }

    private static StorageWitness witness(StorageIdentity life, long starts, Phase phase) {
        return new StorageWitness(life.incarnation(), starts, phase);
    }
}
