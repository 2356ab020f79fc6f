package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.TimelineStart;
import io.understudy.engines.EngineException;
import io.understudy.engines.postgres.SingleUserServer.Statement;
import io.understudy.engines.postgres.files.DurableFiles;
import io.understudy.protocol.postgres.ScramVerifier;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Makes a new database beside its place and puts it there when it is whole. Nothing listens meanwhile. */
final class Initialising {

    private static final String PARTIAL = ".init-partial";
    private static final int NOTE_LENGTH = 1500;

    private final Node node;

    Initialising(Node node) {
        this.node = node;
    }

    void initialise() throws IOException, EngineException, InterruptedException {
        Path data = node.data();
        requireEmpty(data);
        Path parent = Trees.parentOf(data);
        Files.createDirectories(parent);
        Path partial = data.resolveSibling(data.getFileName() + PARTIAL);
        Trees.delete(partial);
        Files.createDirectory(partial);
        node.user.own(partial);
        initdb(partial);
        // The server writes what it runs with into its control file, and a replica must not run with less.
        node.files.writeSettings(partial, ServerParameters.LiveSettings.SEALED);
        new SingleUserServer(node).run(partial, statements());
        node.files.writeInitialAccess(partial);
        node.files.prepareStart(partial, ServerParameters.LiveSettings.SEALED);
        node.files.writeCluster(partial, node.roles.clusterIdentity());
        node.files.writeIncarnation(partial, Node.newIncarnation());
        node.state.lineage(List.of(TimelineStart.GENESIS));
        node.state.highest(Position.START);
        node.state.role(NodeFiles.Role.FRESH);
        Trees.sync(partial);
        Files.move(partial, data, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(parent);
    }

    private void initdb(Path partial) throws IOException, EngineException, InterruptedException {
        List<String> command = List.of(
                node.installation.program("initdb").toString(),
                "-D",
                partial.toString(),
                "-U",
                Roles.SUPERVISOR,
                "--data-checksums",
                "--encoding=UTF8",
                "--no-locale",
                "--auth=reject",
                "--no-sync",
                "--no-instructions");
        new BoundedProgram(node)
                .run(
                        command,
                        partial,
                        "",
                        said -> "It said: " + said.substring(Math.max(0, said.length() - NOTE_LENGTH)));
    }

    private List<Statement> statements() {
        List<Statement> all = new ArrayList<>();
        all.add(new Statement(
                "password of Understudy's own login",
                "alter role \"" + Roles.SUPERVISOR + "\" password " + verifier(Roles.SUPERVISOR)));
        for (NodeId member : node.settings.members()) {
            all.add(replicationLogin(Roles.loginOf(member)));
        }
        all.add(replicationLogin(Roles.CLONE));
        all.add(new Statement(
                "login " + Roles.REWIND,
                "create role \"" + Roles.REWIND + "\" login password " + verifier(Roles.REWIND)));
        all.add(new Statement("rights of " + Roles.REWIND, RewindSource.grants(node.installation.major())));
        all.add(new Statement("login " + Roles.ROUTER, RouterLogin.creation(verifier(Roles.ROUTER))));
        all.add(new Statement("rights of " + Roles.ROUTER, RouterLogin.GRANT));
        List<String> users = node.settings.bootstrapSql();
        for (int i = 0; i < users.size(); i++) {
            all.add(new Statement("bootstrap statement " + (i + 1) + " of " + users.size(), users.get(i)));
        }
        return all;
    }

    private Statement replicationLogin(String login) {
        return new Statement(
                "login " + login, "create role \"" + login + "\" login replication password " + verifier(login));
    }

    private String verifier(String login) {
        return verifier(node.roles, login);
    }

    /** The password of {@code login} as a statement may hold it. */
    static String verifier(Roles roles, String login) {
        return "'" + ScramVerifier.of(roles.passwordOf(login)).text() + "'";
    }

    private static void requireEmpty(Path data) throws IOException, EngineException {
        if (!Files.exists(data)) {
            return;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(data)) {
            for (Path found : content) {
                throw new EngineException("The data directory " + data + " is not empty: found '" + found.getFileName()
                        + "'. Nothing is ever overwritten: move its content away, or name another directory.");
            }
        }
    }
}
