package io.understudy.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PortsTest {

    @Test
    void theyAreDifferentAndBelowTheRangeOfOutgoingConnections() throws IOException {
        assertThat(Ports.free(21, new Random(7)))
                .hasSize(21)
                .doesNotHaveDuplicates()
                .allSatisfy(port -> assertThat(port).isBetween(15_000, 31_999));
    }
}
