package io.understudy.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.topology.Topology.NoPrimary;
import io.understudy.router.topology.Topology.Primary;
import org.junit.jupiter.api.Test;

final class PaceTest {

    private static final Primary SOMEBODY = new Primary(new NodeId("a"), new Epoch(1), new Endpoint("127.0.0.1", 5432));

    private long now = Long.MAX_VALUE - 5;
    private final Pace pace = new Pace(() -> now);

    @Test
    void pausesGrowUpToABound() {
        pace.believed(SOMEBODY);
        assertThat(pace.pauseAfter(1)).isEqualTo(Pace.FIRST_PAUSE);
        assertThat(pace.pauseAfter(2)).isEqualTo(Pace.FIRST_PAUSE.multipliedBy(2));
        assertThat(pace.pauseAfter(Integer.MAX_VALUE)).isEqualTo(Pace.LONGEST_PAUSE);
        assertThat(pace.longestWait()).isEqualTo(Pace.WAIT);
    }

    @Test
    void inTroubleNodesAreAskedMoreOftenUntilItIsForgotten() {
        pace.believed(SOMEBODY);
        pace.trouble();
        assertThat(pace.pauseAfter(100)).isEqualTo(Pace.LONGEST_PAUSE_IN_TROUBLE);
        assertThat(pace.longestWait()).isEqualTo(Pace.WAIT_IN_TROUBLE);
        now += Pace.TROUBLE.toNanos();
        assertThat(pace.pauseAfter(100)).isEqualTo(Pace.LONGEST_PAUSE);
    }

    @Test
    void withoutAPrimaryTheyAreAskedMoreOftenForAsLongAsThatLasts() {
        now += Pace.TROUBLE.toNanos();
        assertThat(pace.pauseAfter(100)).isEqualTo(Pace.LONGEST_PAUSE_IN_TROUBLE);
        pace.believed(SOMEBODY);
        assertThat(pace.pauseAfter(100)).isEqualTo(Pace.LONGEST_PAUSE);
        pace.believed(new NoPrimary());
        assertThat(pace.pauseAfter(100)).isEqualTo(Pace.LONGEST_PAUSE_IN_TROUBLE);
    }
}
