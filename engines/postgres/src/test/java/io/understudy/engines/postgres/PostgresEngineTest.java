package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress.Step;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.postgres.TestCluster.TestNode;
import org.junit.jupiter.api.Test;

/** A cluster's life from nothing to a second primary. */
class PostgresEngineTest {

    @Test
    void aClusterFormsFailsOverAndTheSuccessorServesSemiSync() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "node-b", "node_c")) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("node-b");
            TestNode c = cluster.node("node_c");
            assertThat(a.engine.observe().data()).isInstanceOf(Data.Empty.class);
            cluster.formed();
            cluster.inSync(a, InSyncConfiguration.semiSync(1, cluster.members("node-b", "node_c")));
            assertThat(a.primary().inSync().step()).isEqualTo(Step.CONFIRMED);
            a.run("create table orders (id int primary key)");
            a.run("insert into orders select generate_series(1, 100)");
            assertThat(a.primary().replicas()).hasSize(2).allMatch(replica -> replica.direct() && replica.streaming());

            a.kill();
            assertThat(a.server()).isInstanceOf(Server.Gone.class);
            long began = System.nanoTime();
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            c.engine.act(new Action.Seal(cluster.epoch().next()));
            long sealed = System.nanoTime();
            cluster.promote(b);
            long promoted = System.nanoTime();
            cluster.follow(c, b);
            cluster.inSync(b, InSyncConfiguration.semiSync(1, cluster.members("a", "node_c")));
            long open = System.nanoTime();
            b.run("insert into orders values (101)");
            System.out.printf(
                    "seal %.1f ms, promote %.1f ms, open %.1f ms, in all %.1f ms%n",
                    (sealed - began) / 1e6, (promoted - sealed) / 1e6, (open - promoted) / 1e6, (open - began) / 1e6);
            assertThat(b.ask("select count(*) from orders")).isEqualTo("101");
        }
    }
}
