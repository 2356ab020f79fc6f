package io.understudy.engines.postgres.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ControlFileTest {

    @Test
    void saysWhatTheServerItselfSays() throws Exception {
        try (RealServer server = RealServer.initialised().start()) {
            server.execute("checkpoint");
            ControlFile control = ControlFile.read(server.data());

            assertThat(control.state()).isEqualTo(ControlFile.State.IN_PRODUCTION);
            assertThat(Long.toUnsignedString(control.systemIdentifier()))
                    .isEqualTo(server.query("select system_identifier from pg_control_system()"));
            assertThat(control.checkpoint())
                    .isEqualTo(server.position("select checkpoint_lsn from pg_control_checkpoint()"));
            assertThat(control.redo()).isEqualTo(server.position("select redo_lsn from pg_control_checkpoint()"));
            assertThat(control.checkpointTimeline().number())
                    .isEqualTo(Integer.parseInt(server.query("select timeline_id from pg_control_checkpoint()")));
            assertThat("0:" + control.nextTransactionId())
                    .isEqualTo(server.query("select next_xid from pg_control_checkpoint()"));
            assertThat(control.segmentBytes()).isEqualTo(16 << 20);
            assertThat(control.blockBytes()).isEqualTo(8192);
            assertThat(control.minRecoveryPoint()).isEmpty();
            server.stop();
            assertThat(ControlFile.read(server.data()).state()).isEqualTo(ControlFile.State.SHUTDOWNED);
        }
    }

    @Test
    void aReplicaHasAMinimumRecoveryPoint() throws Exception {
        try (RealServer server = RealServer.initialised().asStandby("").start()) {
            assertThat(ControlFile.read(server.data()).state()).isEqualTo(ControlFile.State.IN_ARCHIVE_RECOVERY);
            assertThat(ControlFile.read(server.data())
                            .minRecoveryPoint()
                            .orElseThrow()
                            .position())
                    .isEqualTo(server.position("select min_recovery_end_lsn from pg_control_recovery()"));
            server.stop();
            ControlFile control = ControlFile.read(server.data());
            assertThat(control.state()).isEqualTo(ControlFile.State.SHUTDOWNED_IN_RECOVERY);
            assertThat(control.minRecoveryPoint().orElseThrow().position())
                    .isLessThanOrEqualTo(WalEnd.find(server.data()).position());
            assertThat(control.cleanStopEnd(server.data())).isEmpty();
        }
    }

    @Test
    void damageAndStrangersAreNamed() throws Exception {
        try (RealServer server = RealServer.initialised()) {
            Path file = server.data().resolve("global/pg_control");
            byte[] bytes = Files.readAllBytes(file);
            bytes[100] ^= 1;
            Files.write(file, bytes);
            assertThatThrownBy(() -> ControlFile.read(server.data())).hasMessageContaining("checksum");

            bytes[8] ^= 1;
            Files.write(file, bytes);
            assertThatThrownBy(() -> ControlFile.read(server.data())).hasMessageContaining("control version");

            Files.delete(file);
            assertThatThrownBy(() -> ControlFile.read(server.data())).hasMessageContaining("does not exist");

            Files.writeString(server.data().resolve("PG_VERSION"), "13\n");
            assertThatThrownBy(() -> ControlFile.read(server.data()))
                    .isInstanceOf(DataDirectoryException.class)
                    .hasMessageContaining("says version 13, expected one of 14");

            Files.delete(server.data().resolve("PG_VERSION"));
            assertThatThrownBy(() -> ControlFile.read(server.data()))
                    .hasMessageContaining("no PostgreSQL data directory");
        }
    }
}
