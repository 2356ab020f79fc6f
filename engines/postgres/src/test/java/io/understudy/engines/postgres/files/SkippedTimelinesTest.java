package io.understudy.engines.postgres.files;

import static io.understudy.engines.postgres.files.RealServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.TimelineId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SkippedTimelinesTest {

    private static final TimelineId GRANTED = new TimelineId(5);

    @Test
    void aPromotionTakesTheGrantedIdAndAFollowerGetsThereStreaming() throws Exception {
        try (RealServer winner = replica();
                RealServer follower = winner.copy()) {
            winner.start();
            follower.asStandby(winner.conninfo()).start();

            assertThat(SkippedTimelines.write(winner.data(), TimelineId.FIRST, GRANTED))
                    .containsExactly(new TimelineId(2), new TimelineId(3), new TimelineId(4));
            winner.promote();
            winner.execute("create table t(x int)");

            assertThat(winner.query("select timeline_id from pg_control_checkpoint()"))
                    .as("after the checkpoint that follows a promotion")
                    .isIn("1", "5");
            assertThat(winner.query("select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"))
                    .isEqualTo("00000005");
            await("the follower to have the table", () -> tableIsThere(follower));
            assertThat(history(follower, 3)).as("fetched by the follower").exists();

            follower.stop();
            assertThat(SkippedTimelines.clearBeforeStart(
                            follower.data(), ControlFile.read(follower.data()).timeline()))
                    .isEmpty();
            winner.execute("drop table t");
            follower.start();
            await("the restarted follower to go on", () -> !tableIsThere(follower));
            winner.stop();
            winner.start().execute("create table t(x int)");
            await("the follower of the restarted winner", () -> tableIsThere(follower));
        }
    }

    @Test
    void aFollowerNeverGetsThereWhenTheWinnerRemovedThePlaceholders() throws Exception {
        try (RealServer winner = replica();
                RealServer follower = winner.copy()) {
            winner.start();
            SkippedTimelines.write(winner.data(), TimelineId.FIRST, GRANTED);
            winner.promote();
            for (int id = 2; id < 5; id++) {
                Files.delete(history(winner, id));
            }
            follower.asStandby(winner.conninfo()).start();

            await(
                    "the receiver to end, again and again",
                    () -> Files.readString(follower.log()).split("could not receive timeline history file", -1).length
                            > 3);
            assertThat(Files.readString(winner.log())).contains("00000002.history\": No such file");

            for (int id = 2; id < 5; id++) {
                Files.copy(placeholderOf(winner, id), history(winner, id));
                Files.setOwner(history(winner, id), Files.getOwner(winner.data()));
            }
            winner.execute("create table t(x int)");
            await("the follower, once they are back", () -> tableIsThere(follower));
        }
    }

    @Test
    void aWinnerThatDiedBeforePromotingStartsOnlyAfterItsPlaceholdersAreGone() throws Exception {
        try (RealServer winner = replica()) {
            winner.start();
            SkippedTimelines.write(winner.data(), TimelineId.FIRST, GRANTED);
            winner.kill();

            assertThat(winner.launch().waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(winner.log()))
                    .contains("requested timeline 4 is not a child of this server's history");

            TimelineId own = ControlFile.read(winner.data()).timeline();
            assertThat(SkippedTimelines.clearBeforeStart(winner.data(), own)).hasSize(3);
            winner.start();
            SkippedTimelines.write(winner.data(), own, GRANTED);
            winner.promote();
            assertThat(winner.query("select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"))
                    .isEqualTo("00000005");
        }
    }

    @Test
    void aRunningReplicaWithStrayPlaceholdersGoesOnFollowing() throws Exception {
        try (RealServer primary = RealServer.initialised();
                RealServer follower = primary.copy()) {
            primary.start();
            follower.asStandby(primary.conninfo()).start();
            SkippedTimelines.write(follower.data(), TimelineId.FIRST, GRANTED);

            primary.stop();
            primary.start().execute("create table t(x int)");

            await("the follower to go on after its stream broke", () -> tableIsThere(follower));
        }
    }

    @Test
    void genuineHistoriesStayAndATakenIdIsRefused() throws Exception {
        try (RealServer server = replica()) {
            server.start().promote();
            Path genuine = history(server, 2);
            String before = Files.readString(genuine);

            assertThat(SkippedTimelines.write(server.data(), TimelineId.FIRST, new TimelineId(4)))
                    .containsExactly(new TimelineId(3));
            assertThat(SkippedTimelines.write(server.data(), TimelineId.FIRST, new TimelineId(4)))
                    .isEmpty();
            assertThat(Files.readString(genuine)).isEqualTo(before);
            assertThat(TimelineHistory.parse(new TimelineId(2), before).render())
                    .isEqualTo(before);
            assertThatThrownBy(() -> SkippedTimelines.write(server.data(), TimelineId.FIRST, new TimelineId(2)))
                    .isInstanceOf(DataDirectoryException.class)
                    .hasMessageContaining("promoted by hand");

            assertThat(SkippedTimelines.clearBeforeStart(server.data(), TimelineId.FIRST))
                    .containsExactly(new TimelineId(3));
            assertThat(genuine).exists();
        }
    }

    @Test
    void placeholdersBelowAGenuineHistoryStay() throws Exception {
        try (RealServer server = replica()) {
            SkippedTimelines.write(server.data(), TimelineId.FIRST, new TimelineId(4));
            Files.writeString(history(server, 4), "1\t0/2000000\tno recovery target specified\n");
            SkippedTimelines.write(server.data(), new TimelineId(4), new TimelineId(7));

            assertThat(SkippedTimelines.clearBeforeStart(server.data(), TimelineId.FIRST))
                    .isEqualTo(List.of(new TimelineId(5), new TimelineId(6)));
            assertThat(history(server, 2)).exists();
            assertThat(history(server, 3)).exists();
        }
    }

    private static RealServer replica() throws Exception {
        return RealServer.initialised().asStandby("");
    }

    private static boolean tableIsThere(RealServer server) throws Exception {
        return server.query("select to_regclass('t') is not null").equals("t");
    }

    private static Path history(RealServer server, int timeline) {
        return TimelineHistory.file(server.data(), new TimelineId(timeline));
    }

    /** Written in another data directory, because this one's promotion is over. */
    private static Path placeholderOf(RealServer winner, int timeline) throws Exception {
        Path elsewhere = RealServer.folder();
        Files.createDirectory(elsewhere.resolve("pg_wal"));
        SkippedTimelines.write(elsewhere, TimelineId.FIRST, GRANTED);
        return TimelineHistory.file(elsewhere, new TimelineId(timeline));
    }
}
