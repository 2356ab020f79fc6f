package io.understudy.cli;

import io.understudy.agent.api.ClusterView;
import io.understudy.cli.api.AgentClient;
import io.understudy.cli.api.AgentUnreachableException;
import io.understudy.cli.api.RequestRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** Waits for something in the cluster and tells on standard error how far it is. */
final class Progress {

    private static final Duration RHYTHM = Duration.ofMillis(100);

    private final ClusterAccess cluster;
    private final long began = System.nanoTime();
    private final long deadline;

    Progress(ClusterAccess cluster, Duration patience) {
        this.cluster = cluster;
        this.deadline = began + patience.toNanos();
    }

    void tell(String what) {
        cluster.err().println(String.format(Locale.ROOT, "%6.1f s  %s", (System.nanoTime() - began) / 1e9, what));
        cluster.err().flush();
    }

    /** The first view of a Raft leader for which {@code done} holds; empty when time is over before. */
    Optional<ClusterView> until(Predicate<ClusterView> done, Function<ClusterView, String> describe)
            throws IOException, RequestRefusedException, InterruptedException {
        String told = "";
        while (deadline - System.nanoTime() > 0) {
            Optional<ClusterView> view = look();
            if (view.isPresent()) {
                String now = describe.apply(view.get());
                if (!now.equals(told)) {
                    tell(now);
                    told = now;
                }
                if (done.test(view.get())) {
                    return view;
                }
            }
            TimeUnit.NANOSECONDS.sleep(RHYTHM.toNanos());
        }
        return Optional.empty();
    }

    private Optional<ClusterView> look() throws IOException, RequestRefusedException {
        try {
            return Optional.of(cluster.ask(AgentClient::cluster))
                    .filter(view -> view.source() == ClusterView.Source.LEADER);
        } catch (AgentUnreachableException duringTheChange) {
            return Optional.empty();
        }
    }
}
