package io.understudy.core.reconciler;

import static io.understudy.core.reconciler.Scenes.A;
import static io.understudy.core.reconciler.Scenes.B;
import static io.understudy.core.reconciler.Scenes.C;
import static io.understudy.core.reconciler.Scenes.ONE;
import static io.understudy.core.reconciler.Scenes.TWO;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Settings;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Every kind of assignment meets every kind of server: which rule decides. The golden file is read by people when a rule
 * changes; rewrite it with {@code -Dgolden.write=true} and look at the difference.
 */
class DecisionMatrixTest {

    private static final Path GOLDEN = Path.of("src/test/resources/reconciler-decisions.txt");

    @Test
    void theDecisionsAreTheOnesLastLookedAt() throws IOException {
        String dump = dump();
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(GOLDEN, dump);
        }
        assertThat(dump).isEqualTo(Files.readString(GOLDEN));
    }

    @Test
    void aWritableServerIsOnlyEverLeftAloneUnderItsOwnGrantAndLease() {
        assignments()
                .forEach((asked, assignment) -> servers().forEach((found, server) -> {
                    if (server instanceof Server.Primary primary) {
                        Step step = Reconciler.next(
                                assignment, observation(new Data.Ours(Scenes.life(A)), ONE, server, true));
                        boolean allowed = assignment instanceof Assignment.Lead lead
                                && lead.tenure().timeline().equals(primary.timeline())
                                && lead.tenure().epoch().equals(ONE);
                        assertThat(step.action() instanceof Action.KillServer)
                                .as(asked + " / " + found)
                                .isEqualTo(!allowed);
                    }
                }));
    }

    private static String dump() {
        StringBuilder text = new StringBuilder();
        assignments().forEach((asked, assignment) -> {
            text.append(asked).append('\n');
            data().forEach((held, data) -> servers().forEach((found, server) -> {
                if (data instanceof Data.Empty && !(server instanceof Server.Gone)) {
                    return;
                }
                Step step = Reconciler.next(assignment, observation(data, promised(assignment), server, true));
                text.append("  %-8s %-32s %-22s %s%n"
                        .formatted(held, found, step.rule(), step.action().step()));
            }));
        });
        return text.toString();
    }

    private static Epoch promised(Assignment assignment) {
        return assignment instanceof Assignment.SealFor ? TWO : ONE;
    }

    private static LocalObservation observation(Data data, Epoch promised, Server server, boolean leased) {
        return new LocalObservation(
                data,
                promised,
                Scenes.lineage(),
                new Position(100),
                server,
                leased ? Optional.of(new Lease(promised, true)) : Optional.empty());
    }

    private static Map<String, Assignment> assignments() {
        InSyncConfiguration both = InSyncConfiguration.semiSync(1, List.of(Scenes.member(B), Scenes.member(C)));
        ClusterState open = Scenes.ruledByA(Phase.OPEN, Settings.DEFAULT, both);
        Map<String, Assignment> all = new LinkedHashMap<>();
        all.put("unassigned", new Assignment.Unassigned("nothing yet"));
        all.put("make the first database", new Assignment.MakeFirst());
        all.put("seal", of(Scenes.ruledByA(Phase.REVOKED, Settings.DEFAULT, both), A));
        all.put("lead, granted", of(Scenes.ruledByA(Phase.GRANTED, Settings.DEFAULT, both), A));
        all.put("lead, open", of(open, A));
        all.put(
                "lead, open, switchover to b",
                of(
                        open.copy()
                                .switchover(new io.understudy.core.cluster.SwitchoverRequest(
                                        java.time.Instant.EPOCH, Optional.empty(), Optional.of(B), Optional.empty()))
                                .done(),
                        A));
        all.put("follow b", of(Scenes.ruledByB(), A));
        return all;
    }

    private static Assignment of(ClusterState state, NodeId node) {
        return Assignment.of(state, node);
    }

    private static Map<String, Data> data() {
        Map<String, Data> all = new LinkedHashMap<>();
        all.put("ours", new Data.Ours(Scenes.life(A)));
        all.put("empty", new Data.Empty());
        all.put("foreign", new Data.Foreign("another cluster's data"));
        return all;
    }

    private static Map<String, Server> servers() {
        Map<String, Server> all = new LinkedHashMap<>();
        all.put("gone", Scenes.gone());
        all.put("gone, cannot start", new Server.Gone(Optional.empty(), Optional.of("port taken")));
        all.put("starting", new Server.Starting());
        all.put("stopping", new Server.Stopping());
        all.put("stuck for 1 s", new Server.Stuck(Duration.ofSeconds(1)));
        all.put("stuck for 3 s", new Server.Stuck(Duration.ofSeconds(3)));
        all.put("standby, sealed at 100", Scenes.sealedAt(100));
        all.put("standby, sealed at 150", Scenes.sealedAt(150));
        all.put("standby, sealed, end unknown", unknown());
        all.put("standby, restored at 50", Scenes.sealedAt(50));
        all.put("standby, streaming from b", Scenes.streaming(B, 120));
        all.put("standby, streaming from c", Scenes.streaming(C, 120));
        all.put("primary of another timeline", Scenes.primary(9, InSyncProgress.NONE));
        all.put("primary, nothing set", Scenes.primary(2, InSyncProgress.NONE));
        for (InSyncProgress.Step step : InSyncProgress.Step.values()) {
            all.put("primary, change 7 " + step, Scenes.primary(2, new InSyncProgress(7, step)));
        }
        return all;
    }

    private static Server unknown() {
        return new Server.Standby(
                Optional.empty(),
                false,
                false,
                new TimelineId(2),
                Optional.empty(),
                new Position(100),
                Optional.empty(),
                Optional.empty());
    }
}
