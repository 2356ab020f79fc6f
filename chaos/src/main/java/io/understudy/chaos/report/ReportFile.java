package io.understudy.chaos.report;

import io.understudy.agent.api.Api;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run's result as a JSON file, for programs and for comparing runs; {@link ReportPage} is for people. What is absent is
 * {@code null}. On one line: an hour's slots, one line a number, would be tens of megabytes.
 */
public final class ReportFile {

    private static final String EXPECTED = "expected the result of a chaos run, as JSON, complete";

    private static final JsonMapper JSON = Api.json()
            .rebuild()
            .disable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    private ReportFile() {}

    /** Writes all of it or nothing; replaces what was there. */
    public static void write(Path file, ChaosReport report) throws IOException {
        WholeFile.write(file, JSON.writeValueAsString(report) + "\n");
    }

    /**
     * What {@link #write} wrote.
     *
     * @throws IOException when there is no such file or it is not a whole report; says what was found and what was expected
     */
    public static ChaosReport read(Path file) throws IOException {
        String json;
        try {
            json = Files.readString(file);
        } catch (NoSuchFileException missing) {
            throw new IOException(file + ": " + EXPECTED + ", found no such file", missing);
        }
        try {
            ChaosReport report = JSON.readValue(json, ChaosReport.class);
            if (report == null) {
                throw new IOException(file + ": " + EXPECTED + ", found the word null");
            }
            return report;
        } catch (JacksonException broken) {
            throw new IOException(file + ": " + EXPECTED + ", found " + found(json, broken), broken);
        }
    }

    private static String found(String json, JacksonException broken) {
        if (json.isBlank()) {
            return "nothing in it";
        }
        String where = broken instanceof DatabindException inside
                        && !inside.getPath().isEmpty()
                ? "in " + inside.getPath().stream().map(ReportFile::step).collect(Collectors.joining(" ")) + ", "
                : "";
        return where + "line " + broken.getLocation().getLineNr() + ", column "
                + broken.getLocation().getColumnNr() + ": " + broken.getOriginalMessage();
    }

    private static String step(JacksonException.Reference step) {
        return step.getPropertyName() == null ? "#" + (step.getIndex() + 1) : step.getPropertyName();
    }
}
