package io.understudy.chaos.steps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class CrashAfterEveryStepTest {

    private final StringWriter said = new StringWriter();

    @Test
    void scenariosHaveNamesOfTheirOwn() {
        assertThat(Scenarios.all()).extracting(Scenario::name).doesNotHaveDuplicates();
    }

    @Test
    void aScenarioThatIsNotThereIsRefusedAndThoseThatAreAreNamed() {
        assertThat(execute("--scenario", "flood")).isEqualTo(2);
        assertThat(said.toString()).contains("No scenario [flood]", "switchover", "rewind");
    }

    @Test
    void whatIsNoRegularExpressionIsRefused() {
        assertThat(execute("--only", "(")).isEqualTo(2);
        assertThat(said.toString()).contains("--only is no regular expression");
    }

    private int execute(String... arguments) {
        PrintWriter out = new PrintWriter(said, true);
        return new CommandLine(new CrashAfterEveryStep())
                .setOut(out)
                .setErr(out)
                .execute(arguments);
    }
}
