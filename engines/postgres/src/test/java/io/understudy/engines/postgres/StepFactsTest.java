package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.Incarnation;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.Assignment;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What single steps leave behind when they fail in the middle, and what reaches a server between steps. */
class StepFactsTest {

    @Test
    void aNewLifeBeginsBeforeTheOldOnesPositionIsForgottenWhereverItIsInterrupted() throws Exception {
        try (TestCluster cluster = new TestCluster("a")) {
            TestNode a = cluster.node("a");
            a.engine.act(new Action.Initialise());
            a.engine.act(new Action.StartSealed());
            a.awaitStandby(seen -> seen.boundary().isPresent());
            Position reported = a.engine.observe().highestReported();
            assertThat(reported).isNotEqualTo(Position.START);
            Incarnation first = a.incarnation();

            Path noNonce = inTheWayOf(a.data.resolve("understudy.incarnation"));
            assertThatThrownBy(() -> a.engine.act(new Action.RenewIncarnation(first)))
                    .isInstanceOf(EngineException.class);
            assertThat(a.incarnation()).isEqualTo(first);
            assertThat(a.engine.observe().highestReported()).isEqualTo(reported);
            Trees.delete(noNonce);

            // The other way round, the old life would vote with less than it confirmed.
            Path noPosition = inTheWayOf(a.state.resolve("highest-position"));
            assertThatThrownBy(() -> a.engine.act(new Action.RenewIncarnation(first)))
                    .isInstanceOf(EngineException.class);
            Incarnation second = a.incarnation();
            assertThat(second).isNotEqualTo(first);
            assertThat(a.engine.observe().highestReported()).isEqualTo(reported);
            Trees.delete(noPosition);

            a.engine.act(new Action.RenewIncarnation(first));
            assertThat(a.incarnation()).as("only the life that was named ends").isEqualTo(second);
            a.kill();
            a.engine.act(new Action.RenewIncarnation(second));
            assertThat(a.incarnation()).isNotEqualTo(second);
            assertThat(a.engine.observe().highestReported()).isEqualTo(Position.START);
        }
    }

    @Test
    void aChangeOfModeReachesAFollowingReplicasReplayDelayWithoutEndingItsReceiver() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            long receiver = Leftovers.children(b.postmaster(), "walreceiver").getFirst();
            assertThat(b.ask("show max_standby_streaming_delay")).isEqualTo("30s");
            for (ReplicationMode mode :
                    new ReplicationMode[] {ReplicationMode.SYNC, ReplicationMode.SEMI_SYNC, ReplicationMode.ASYNC}) {
                b.engine.assigned(new Assignment.FollowPrimary(
                        cluster.lastTenure(), a.endpoint, cluster.lineage, mode, Map.of()));
                awaitDelay(b, mode == ReplicationMode.SYNC ? "500ms" : "30s");
            }
            assertThat(Leftovers.children(b.postmaster(), "walreceiver")).containsExactly(receiver);
            assertThat(b.awaitStandby(Server.Standby::streaming).upstream()).contains(a.id);
        }
    }

    @Test
    void aFullDiskIsNamedWithItsFileItsFreeSpaceAndWhatToDo() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            Path file = b.data.resolve("understudy.conf");
            // A device that is always full, where the step writes.
            Path full = b.state.resolve("journal");
            Files.delete(full);
            Files.createSymbolicLink(full, Path.of("/dev/full"));
            assertThatThrownBy(() -> cluster.follow(b, a))
                    .isInstanceOf(EngineException.class)
                    .hasMessageStartingWith(EngineException.NO_SPACE + full)
                    .hasMessageContaining("bytes are free on the device of " + b.state)
                    .hasMessageContaining("Make room there");
            Files.delete(full);
            cluster.follow(b, a);
            assertThat(file).exists();
        }
    }

    @Test
    void aFullDiskIsRecognisedThroughOtherErrors() {
        Path here = Path.of("").toAbsolutePath();
        java.io.IOException unnamed = new java.io.IOException("No space left on device");
        assertThat(NoSpace.told(new EngineException("Cloning failed", unnamed), java.util.List.of(here)))
                .hasValueSatisfying(told -> assertThat(told).startsWith(EngineException.NO_SPACE + here));
        assertThat(NoSpace.told(new java.sql.SQLException("could not extend file", "53100"), java.util.List.of(here)))
                .isPresent();
        assertThat(NoSpace.told(
                        new EngineException("The server ended while starting: FATAL: No space left on device"),
                        java.util.List.of(here)))
                .isPresent();
        assertThat(NoSpace.told(new java.io.IOException("Permission denied"), java.util.List.of(here)))
                .isEmpty();
    }

    private static void awaitDelay(TestNode node, String expected) throws Exception {
        Duration patience = Duration.ofSeconds(2);
        long deadline = System.nanoTime() + patience.toNanos();
        String found = node.ask("show max_standby_streaming_delay");
        while (!found.equals(expected)) {
            assertThat(System.nanoTime())
                    .as("found %s, expected %s", found, expected)
                    .isLessThan(deadline);
            found = node.ask("show max_standby_streaming_delay");
        }
    }

    /** A directory where the step makes its temporary file, so that it fails there, whoever runs this. */
    private static Path inTheWayOf(Path file) throws Exception {
        Path temporary = file.resolveSibling(file.getFileName() + ".understudy-tmp");
        Files.createDirectories(temporary.resolve("in-the-way"));
        return temporary;
    }
}
