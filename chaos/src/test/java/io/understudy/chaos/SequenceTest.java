package io.understudy.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.chaos.faults.Catalogue;
import io.understudy.chaos.faults.Fault;
import io.understudy.chaos.faults.Fault.Weight;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SequenceTest {

    @Test
    void aSeedDrawsTheSameAgainAndAllFaultsAreDrawn() {
        Set<String> drawn = new HashSet<>();
        for (long seed = 0; seed < 300; seed++) {
            Sequence sequence = Sequence.draw(Catalogue.all(), new Random(seed));
            assertThat(Sequence.draw(Catalogue.all(), new Random(seed))).isEqualTo(sequence);
            assertThat(sequence.faults()).hasSizeBetween(2, 4);
            assertThat(sequence.gaps()).hasSize(sequence.faults().size() - 1);
            assertThat(sequence.faults().stream().filter(fault -> fault.weight() == Weight.HEAVY))
                    .hasSizeLessThan(2);
            sequence.faults().forEach(fault -> drawn.add(fault.name()));
        }
        assertThat(drawn).hasSameSizeAs(Catalogue.all());
    }

    @Test
    void faultsAreNamedOnceAndAWrongNameIsToldWithTheRightOnes() {
        assertThat(Catalogue.all().stream().map(Fault::name)).doesNotHaveDuplicates();
        assertThat(Catalogue.of(List.of("server-killed"))).hasSize(1);
        assertThatThrownBy(() -> Catalogue.of(List.of("server-kiled")))
                .hasMessageContaining("server-kiled")
                .hasMessageContaining("server-killed");
    }
}
