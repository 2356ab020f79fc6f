package io.understudy.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.router.topology.Topology.NoPrimary;
import io.understudy.router.topology.Topology.Primary;
import io.understudy.router.topology.Topology.Unknown;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BeliefsTest {

    private final Beliefs beliefs = new Beliefs();

    @Test
    void nothingIsKnownBeforeAnybodyAnswered() {
        assertThat(beliefs.topology()).isEqualTo(new Unknown());
        assertThat(beliefs.heard(word("a", 0))).isTrue();
        assertThat(beliefs.topology()).isEqualTo(new NoPrimary());
    }

    @Test
    void ofSeveralThatSayYesTheHighestEpochWinsForGood() {
        beliefs.heard(word("a", 3));
        assertThat(beliefs.heard(word("b", 4))).isTrue();
        assertThat(beliefs.heard(word("a", 3))).isFalse();
        assertThat(beliefs.topology()).isEqualTo(primary("b", 4));
        beliefs.heard(word("b", 0));
        assertThat(beliefs.heard(word("a", 3))).isFalse();
        assertThat(beliefs.topology()).isEqualTo(new NoPrimary());
    }

    @Test
    void aNodesWordEndsOnlyItsOwnEpoch() {
        beliefs.heard(word("a", 3));
        assertThat(beliefs.heard(word("b", 0))).isFalse();
        assertThat(beliefs.topology()).isEqualTo(primary("a", 3));
        assertThat(beliefs.heard(word("a", 0))).isTrue();
        assertThat(beliefs.topology()).isEqualTo(new NoPrimary());
    }

    @Test
    void aNodeMayGoOnWithTheEpochThatItHadGivenUpButNotWithAnEarlierOne() {
        beliefs.heard(word("a", 3));
        beliefs.heard(word("a", 0));
        beliefs.heard(word("a", 3));
        assertThat(beliefs.topology()).isEqualTo(primary("a", 3));
        beliefs.heard(word("a", 2));
        assertThat(beliefs.topology()).isEqualTo(new NoPrimary());
    }

    @Test
    void whateverIsHeardTheEpochThatIsBelievedNeverFalls() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Beliefs any = new Beliefs();
            long highest = 0;
            for (int step = 0; step < 100; step++) {
                String node = String.valueOf((char) ('a' + random.nextInt(4)));
                any.heard(word(node, random.nextInt(8)));
                if (any.topology() instanceof Primary primary) {
                    assertThat(primary.epoch().number()).as("seed %d", seed).isGreaterThanOrEqualTo(highest);
                    highest = primary.epoch().number();
                }
            }
        }
    }

    private static Primary primary(String node, long epoch) {
        return new Primary(new NodeId(node), new Epoch(epoch), new Endpoint(node, 5432));
    }

    private static NodeWord word(String node, long epoch) {
        return new NodeWord(
                new NodeId(node),
                Optional.of(epoch).filter(number -> number > 0).map(Epoch::new),
                new Endpoint(node, 5432));
    }
}
