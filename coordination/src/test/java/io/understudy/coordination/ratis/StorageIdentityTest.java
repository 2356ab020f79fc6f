package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        StorageIdentity identity =
                StorageIdentity.fresh(settings("späte \\ bühne", "a", PEERS)).ready();
        identity.write(storage);
        assertThat(StorageIdentity.read(settings("späte \\ bühne", "a", PEERS))).contains(identity);
    }

    @Test
    void anInterruptedFormattingIsDoneAgain() throws IOException {
        StorageIdentity.fresh(settings("shop", "a", PEERS)).write(storage);
        assertThat(StorageIdentity.read(settings("shop", "a", PEERS))).isEmpty();
    }

    @Test
    void storageOfAnotherClusterNodeOrGroupIsRefused() throws IOException {
        StorageIdentity.fresh(settings("shop", "a", PEERS)).ready().write(storage);
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
    void aStorageThatLostItsLogIsRefused() throws IOException {
        TestPeers peers = TestPeers.of(1, directory);
        RaftSettings settings = peers.settings("n1");
        RaftNode.start(settings, new FakeLedger()).close();
        try (var entries = Files.list(settings.storage())) {
            for (Path entry : entries.filter(Files::isDirectory).toList()) {
                Directories.deleteTree(entry);
            }
        }
        assertThatThrownBy(() -> RaftNode.start(settings, new FakeLedger()))
                .isInstanceOf(RaftStorageRefused.class)
                .hasMessageContaining("has lost its log");
    }

    @Test
    void anEmptiedStorageIsAnotherIncarnation() throws IOException {
        RaftSettings settings = TestPeers.of(1, directory).settings("n1");
        RaftNode first = RaftNode.start(settings, new FakeLedger());
        first.close();
        Directories.deleteTree(settings.storage());
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
        return new RaftSettings(cluster, self, peers, storage, RaftTimings.standard(), RaftLimits.standard());
    }
}
