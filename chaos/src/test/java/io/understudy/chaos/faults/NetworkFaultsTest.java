package io.understudy.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class NetworkFaultsTest {

    @Test
    void primaryReplicaAndRaftLeaderAreCutInEveryDirection() {
        List<String> names = NetworkFaults.all().stream().map(Fault::name).toList();
        for (String who : List.of("primary", "replica", "raft-leader")) {
            assertThat(names).contains(who + "-cut-off", who + "-hears-nothing", who + "-is-not-heard");
        }
    }
}
