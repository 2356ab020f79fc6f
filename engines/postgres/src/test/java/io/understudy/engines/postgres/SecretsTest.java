package io.understudy.engines.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.core.cluster.InSyncConfiguration;
import io.understudy.core.reconciler.Action;
import io.understudy.core.reconciler.LocalObservation.Server;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.SingleUserServer.Statement;
import io.understudy.engines.postgres.TestCluster.Shape;
import io.understudy.engines.postgres.TestCluster.TestNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where passwords are, and where they never are. */
class SecretsTest {

    private static final Shape TALKATIVE = Shape.USUAL
            .with("log_statement", "all")
            .with("log_min_messages", "debug1")
            .with("log_min_error_statement", "debug5")
            .with("log_replication_commands", "on");

    @Test
    void noLogAndNoArgumentHoldsAPasswordThroughAClonesAndAChangeOfPrimary() throws Exception {
        try (TestCluster cluster = new TestCluster(TALKATIVE, "a", "b", "c").formed()) {
            TestNode a = cluster.node("a");
            TestNode b = cluster.node("b");
            TestNode c = cluster.node("c");
            List<String> arguments = new ArrayList<>(argumentsOfEverybody());
            a.kill();
            b.engine.act(new Action.Seal(cluster.epoch().next()));
            c.engine.act(new Action.Seal(cluster.epoch().next()));
            cluster.promote(b);
            cluster.follow(a, b);
            cluster.follow(c, b);
            a.awaitStandby(Server.Standby::streaming);
            c.awaitStandby(Server.Standby::streaming);
            cluster.inSync(b, InSyncConfiguration.semiSync(2, cluster.members("a", "c")));
            arguments.addAll(argumentsOfEverybody());

            List<String> passwords = Stream.of(
                            Roles.SUPERVISOR, Roles.CLONE, "understudy_a", "understudy_b", "understudy_c")
                    .map(a::password)
                    .toList();
            for (TestNode node : List.of(a, b, c)) {
                String log = Files.readString(node.state.resolve("server.log"));
                if (node != b) {
                    // The very line that would hold it.
                    assertThat(log).contains("parameter \"primary_conninfo\" changed to \"host=");
                }
                assertHoldsNone(log, passwords);
                assertHoldsNone(Files.readString(node.data.resolve("understudy.conf")), passwords);
            }
            for (Path log : logs(cluster.directory)) {
                assertHoldsNone(Files.readString(log, StandardCharsets.ISO_8859_1), passwords);
            }
            assertThat(arguments).anyMatch(line -> line.contains("walreceiver"));
            arguments.forEach(line -> assertHoldsNone(line, passwords));
        }
    }

    @Test
    void theFileIsTheServersAloneLiesOutsideTheDataAndComesBackWhenItIsLost() throws Exception {
        try (TestCluster cluster = new TestCluster("a", "b").formed()) {
            TestNode b = cluster.node("b");
            Path file = b.data.resolveSibling("data.pgpass");
            assertThat(Files.readString(file)).contains(b.password("understudy_b"));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(Files.getOwner(file)).isEqualTo(Files.getOwner(b.data));
            try (Stream<Path> data = Files.list(b.data)) {
                for (Path held : data.filter(Files::isRegularFile).toList()) {
                    assertThat(Files.readString(held, StandardCharsets.ISO_8859_1))
                            .as(held.toString())
                            .doesNotContain(b.password("understudy_b"));
                }
            }
            Files.delete(file);
            Signals.send(
                    "TERM", Leftovers.children(b.postmaster(), "walreceiver").getFirst());
            b.awaitStandby(seen -> !seen.streaming());
            b.awaitStandby(Server.Standby::streaming);
            assertThat(file).exists();
        }
    }

    @Test
    void aRefusedBootstrapStatementIsNamedAndNotRepeated() throws Exception {
        Shape wrong = TALKATIVE.bootstrapping(List.of(
                "create role app login password 'open-sesame'",
                "create role shop login pasword 'open-sesame'",
                "create database never"));
        try (TestCluster cluster = new TestCluster(wrong, "a")) {
            TestNode a = cluster.node("a");
            assertThatThrownBy(() -> a.engine.act(new Action.Initialise()))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("refused the bootstrap statement 2 of 3")
                    .hasMessageContaining("\"pasword\"")
                    .message()
                    .doesNotContain("sesame");
            for (Path log : logs(cluster.directory)) {
                assertThat(Files.readString(log)).doesNotContain("sesame");
            }
            assertThat(a.data).doesNotExist();
        }
    }

    @Test
    void whatWasALiteralIsNotToldWhateverTheServerSays() {
        List<Statement> one = List.of(new Statement("x", "create role \"app\" password 'open sesame' valid $$till$$"));
        for (String secret : List.of("\"'open sesame\"", "\"till\"", "\"open sesame\"", "\"'open sesame")) {
            assertThat(SingleUserServer.failure("backend> ERROR:  trouble at or near " + secret, one))
                    .contains("trouble at or near \"...\"")
                    .doesNotContain("sesame")
                    .doesNotContain("till");
        }
        assertThat(SingleUserServer.failure("backend> FATAL:  role \"app\" exists", one))
                .contains("role \"app\" exists");
        assertThat(SingleUserServer.failure("FATAL:  no space", one)).isEqualTo("It said: no space");
    }

    private static void assertHoldsNone(String text, List<String> passwords) {
        assertThat(passwords).noneMatch(text::contains);
    }

    /** Servers show what they do in their arguments, too. */
    private static List<String> argumentsOfEverybody() throws IOException {
        List<String> all = new ArrayList<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                try {
                    all.add(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
                } catch (IOException goneOrNoProcess) {
                    continue;
                }
            }
        }
        return all;
    }

    private static List<Path> logs(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(path ->
                            path.toString().endsWith(".log") || path.toString().contains("/state/"))
                    .filter(Files::isRegularFile)
                    .toList();
        }
    }
}
