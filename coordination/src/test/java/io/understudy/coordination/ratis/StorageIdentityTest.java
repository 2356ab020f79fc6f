package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageIdentityTest {
    private static final List<RaftPeerAddress> PEERS =
            List.of(new RaftPeerAddress("a", "127.0.0.1", 7001), new RaftPeerAddress("b", "127.0.0.1", 7002));

    @TempDir
    Path directory;

    private Path storage = Path.of("");

    @BeforeEach
    void makeStorage() throws IOException {
        storage = Files.createDirectories(directory.resolve("raft"));
    }

    @Test
    void anIdentityIsReadBackAsItWasWritten() throws IOException {
        RaftSettings settings = settings("späte \\ bühne", "a", PEERS);
        StorageIdentity first = StorageIdentity.fresh(settings);
        for (StorageIdentity identity : List.of(
                first,
                first.formedWith(Map.of("a", first.incarnation(), "b", "x")).ready(7),
                first.asLaterLife())) {
            identity.write(storage);
            assertThat(StorageIdentity.read(settings)).contains(identity);
        }
    }

    @Test
    void storageOfAnotherClusterNodeOrGroupIsRefused() throws IOException {
        StorageIdentity.fresh(settings("shop", "a", PEERS)).ready(1).write(storage);
        refused(settings("bank", "a", PEERS), "was made for cluster 'shop', expected 'bank'");
        refused(settings("shop", "b", PEERS), "was made for node 'a', expected 'b'");
        refused(settings("shop", "a", PEERS.subList(0, 1)), "was made for peers 'a@127.0.0.1:7001,b@127.0.0.1:7002'");
    }

    @Test
    void foreignFilesAndDamagedIdentitiesAreRefused() throws IOException {
        Path foreign = Files.writeString(storage.resolve("PG_VERSION"), "18");
        refused(settings("shop", "a", PEERS), "holds 'PG_VERSION'");
        Files.delete(foreign);
        Files.writeString(storage.resolve(StorageIdentity.FILE), "cluster=shop\nnode=a\n");
        refused(settings("shop", "a", PEERS), "has no 'peers'");
    }

    @Test
    void aNodeThatIsAloneDoesNotStartAnewBehindTheBackOfItsOperator() throws IOException {
        RaftSettings settings = TestPeers.of(1, directory).settings("n1");
        RaftNode.start(settings, new FakeLedger()).close();
        Directories.deleteTree(RatisProperties.groupDirectory(settings));
        assertThatThrownBy(() -> RaftNode.start(settings, new FakeLedger()))
                .isInstanceOf(RaftStorageRefused.class)
                .hasMessageContaining("is gone")
                .hasMessageContaining("next step");
        Directories.deleteTree(settings.storage());
        assertThatThrownBy(() -> RaftNode.start(settings, new FakeLedger()))
                .isInstanceOf(RaftStorageRefused.class)
                .hasMessageContaining("it is empty");
    }

    @Test
    void aNodeThatIsAloneAndLostEverythingIsAnotherIncarnation() throws IOException {
        RaftSettings settings = TestPeers.of(1, directory).settings("n1");
        RaftNode first = RaftNode.start(settings, new FakeLedger());
        first.close();
        Directories.deleteTree(settings.storage());
        Files.delete(settings.witness());
        RaftNode second = RaftNode.start(settings, new FakeLedger());
        second.close();
        assertThat(second.storageIncarnation()).isNotEqualTo(first.storageIncarnation());
    }

    private void refused(RaftSettings settings, String words) {
        assertThatThrownBy(() -> StorageIdentity.read(settings))
                .isInstanceOf(RaftStorageRefused.class)
                .hasMessageContaining(words)
                .hasMessageContaining("next step");
    }

    private RaftSettings settings(String cluster, String self, List<RaftPeerAddress> peers) {
        return new RaftSettings(
                cluster,
                self,
                peers,
                storage,
                directory.resolve("life"),
                RaftTimings.standard(),
                RaftLimits.standard());
    }
}
