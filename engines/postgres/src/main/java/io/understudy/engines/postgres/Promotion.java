package io.understudy.engines.postgres;

import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.TimelineId;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.core.reconciler.LocalObservation.Lease;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.files.ControlFile;
import io.understudy.engines.postgres.files.SkippedTimelines;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes a sealed replica the primary of one tenure, on exactly the timeline that was allocated for it. */
final class Promotion {

    /** Well within a lease: nobody renews it meanwhile. The step is taken again and goes on waiting. */
    private static final Duration LIMIT = Duration.ofMillis(1_500);

    private static final long POLL_MILLIS = 2;

    private final Node node;
    private final Processes processes;
    private final InSyncChange inSync;

    Promotion(Node node, Processes processes, InSyncChange inSync) {
        this.node = node;
        this.processes = processes;
        this.inSync = inSync;
    }

    void promote(Tenure tenure, List<TimelineStart> lineage)
            throws SQLException, IOException, EngineException, InterruptedException {
        requireLease(tenure);
        Glance before = node.link.glance();
        if (!before.standby()) {
            requireTimeline(tenure, before);
            node.files.restAsReplica(node.data());
            return;
        }
        requireBoundary(tenure, before);
        inSync.prepare();
        // What the server counts from. The stored lineage may be ahead of it: of a primary that was followed and never
        // wrote.
        TimelineId own = ControlFile.read(node.data()).timeline();
        SkippedTimelines.write(node.data(), own, tenure.timeline());
        node.state.promise(tenure.epoch());
        node.state.lineage(lineage);
        node.state.role(NodeFiles.Role.PRIMARY);
        requireLease(tenure);
        node.link.run("select pg_promote(false)");
        awaitPromoted(tenure);
        node.files.restAsReplica(node.data());
        inSync.begin();
    }

    private void awaitPromoted(Tenure tenure) throws SQLException, IOException, EngineException, InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (node.link.inRecovery()) {
            if (System.nanoTime() - deadline > 0) {
                Glance now = node.link.glance();
                throw new EngineException("The server did not become primary within " + LIMIT + ": it replayed up to "
                        + now.position() + " and waits for '" + now.startupWait()
                        + "'. Does a session block its replay? Look at " + node.log.file() + ".");
            }
            // The end of recovery announces itself to nobody.
            Thread.sleep(POLL_MILLIS);
        }
        requireTimeline(tenure, node.link.glance());
    }

    private void requireTimeline(Tenure tenure, Glance found)
            throws IOException, EngineException, InterruptedException {
        if (found.timeline() != tenure.timeline().number()) {
            processes.kill();
            node.state.leaveLineage(new TimelineId(found.timeline()));
            throw new EngineException(
                    "The server writes timeline " + found.timeline() + ", expected " + tenure.timeline()
                            + " of epoch " + tenure.epoch()
                            + ". It was killed: its log must not be mixed with another's. Its data will be quarantined.");
        }
    }

    private static void requireBoundary(Tenure tenure, Glance found) throws EngineException {
        if (!found.conninfo().isEmpty()
                || found.receiver().isPresent()
                || !found.position().equals(tenure.boundary().position())) {
            throw new EngineException("The server is not where epoch " + tenure.epoch() + " begins: it replayed up to "
                    + found.position() + " and follows '" + found.upstream() + "', expected "
                    + tenure.boundary().position()
                    + " and nobody. Nothing was promoted; seal it and let the cluster decide again.");
        }
    }

    private void requireLease(Tenure tenure) throws IOException, EngineException {
        Optional<Lease> lease = node.guard.lease(node.guard.status());
        if (lease.isEmpty() || !lease.get().valid() || !lease.get().epoch().equals(tenure.epoch())) {
            throw new EngineException("No valid lease for epoch " + tenure.epoch() + ": the guard holds "
                    + lease.map(Lease::toString).orElse("none") + ". Nothing was promoted; renew the lease first.");
        }
    }
}
