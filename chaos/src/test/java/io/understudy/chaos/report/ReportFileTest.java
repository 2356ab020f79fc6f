package io.understudy.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportFileTest {

    @TempDir
    Path folder = Path.of("");

    @Test
    void whatWasWrittenIsReadBack() throws IOException {
        ChaosReport report = SampleRuns.broken(SampleRuns.kept(60, 150));
        assertThat(report.faults())
                .as("both kinds of optional are in it")
                .anyMatch(fault -> fault.healedMillis().isEmpty())
                .anyMatch(fault -> fault.healedMillis().isPresent());
        ReportFile.write(folder.resolve("run.json"), report);
        assertThat(ReportFile.read(folder.resolve("run.json"))).isEqualTo(report);
    }

    @Test
    void anEmptyRunIsReadBack() throws IOException {
        ReportFile.write(folder.resolve("run.json"), SampleRuns.empty());
        ChaosReport read = ReportFile.read(folder.resolve("run.json"));
        assertThat(read).isEqualTo(SampleRuns.empty());
        assertThat(read.totals().outageMedianMillis()).isEqualTo(Optional.empty());
    }

    @Test
    void writingReplacesWhatWasThereAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("deep/down/run.json");
        ReportFile.write(file, SampleRuns.kept(2, 4));
        ReportFile.write(file, SampleRuns.empty());
        assertThat(ReportFile.read(file)).isEqualTo(SampleRuns.empty());
        try (Stream<Path> files = Files.list(folder.resolve("deep/down"))) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void anInstantIsTextThatPeopleCanRead() throws IOException {
        Path file = folder.resolve("run.json");
        ReportFile.write(file, SampleRuns.kept(2, 4));
        assertThat(Files.readString(file)).contains("\"beganAt\":\"2026-05-01T08:30:00.123Z\"");
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> ReportFile.read(folder.resolve("none.json")))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("none.json", "expected the result of a chaos run", "found no such file");
    }

    @Test
    void anEmptyFileSaysSo() throws IOException {
        assertBroken("", "found nothing in it");
        assertBroken("null", "found the word null");
    }

    @Test
    void aFileCutShortSaysWhere() throws IOException {
        Path file = folder.resolve("run.json");
        ReportFile.write(file, SampleRuns.kept(2, 4));
        String whole = Files.readString(file);
        assertBroken(whole.substring(0, whole.length() / 2), "line 1, column ");
        assertBroken(whole + "{}", "line 2");
    }

    @Test
    void aFileWithoutAFieldNamesTheField() throws IOException {
        Path file = folder.resolve("run.json");
        ReportFile.write(file, SampleRuns.kept(2, 4));
        String whole = Files.readString(file);
        assertBroken(whole.replace("\"commit\":\"4d0a8da+\",", ""), "commit");
        assertBroken(whole.replace("\"commit\":\"4d0a8da+\",", "\"commit\":null,"), "commit");
        assertBroken(whole.replace("\"mode\":\"semi-sync\"", "\"mode\":{}"), "found in mode, line 1");
        assertBroken(whole.replaceFirst("\"slots\":\\[\\{", "\"slots\":[7,{"), "found in clients #1 slots #1, line 1");
    }

    private void assertBroken(String contents, String found) throws IOException {
        Path file = folder.resolve("broken.json");
        Files.writeString(file, contents);
        assertThatThrownBy(() -> ReportFile.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("broken.json", "expected the result of a chaos run, as JSON", found);
    }
}
