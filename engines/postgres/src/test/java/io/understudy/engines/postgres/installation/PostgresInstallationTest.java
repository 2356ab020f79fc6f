package io.understudy.engines.postgres.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that cannot be used are named with what was found, what was expected and what to do. */
class PostgresInstallationTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void programsThatAreMissingAreNamed() throws IOException {
        program("postgres", "postgres (PostgreSQL) 18.1");
        assertThatThrownBy(this::find)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("initdb")
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("Name the directory that holds postgres and initdb");
    }

    @Test
    void anotherProgramOfThatNameIsNamedWithWhatItAnswered() throws IOException {
        program("postgres", "something else 1.0");
        program("initdb", "something else 1.0");
        assertThatThrownBy(this::find)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no PostgreSQL server")
                .hasMessageContaining("'something else 1.0'")
                .hasMessageContaining("expected 'postgres (PostgreSQL) <version>'");
    }

    @Test
    void aVersionThatIsTooOldOrTooNewIsNamedWithThoseThatAreNot() throws IOException {
        program("initdb", "");
        for (String version : new String[] {"13.22", "19.0"}) {
            program("postgres", "postgres (PostgreSQL) " + version);
            assertThatThrownBy(this::find)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("PostgreSQL " + version)
                    .hasMessageContaining("14")
                    .hasMessageContaining("18");
        }
        program("postgres", "postgres (PostgreSQL) 17.5 (Debian 17.5-1)");
        assertThat(find().major()).isEqualTo(17);
    }

    private PostgresInstallation find() throws IOException {
        return PostgresInstallation.find(new InstallationSource.Configured(directory));
    }

    private void program(String name, String answer) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\necho '" + answer + "'\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
