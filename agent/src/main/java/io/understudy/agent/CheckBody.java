package io.understudy.agent;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import java.util.Optional;

/** What a GET of a health check shows beside its status. */
final class CheckBody {

    /** @param role {@code primary}, {@code replica} or {@code none} */
    record Shown(
            String node,
            String role,
            String state,
            boolean inSync,
            Optional<String> position,
            Optional<Long> replayLagBytes,
            Optional<String> doing) {}

    private final NodeId self;
    private final Checks checks;
    private final Board board;

    CheckBody(NodeId self, Checks checks, Board board) {
        this.self = self;
        this.checks = checks;
        this.board = board;
    }

    Shown now() {
        return new Shown(
                self.name(),
                checks.isPrimary() ? "primary" : checks.isReplica() ? "replica" : "none",
                checks.serverWord(),
                checks.isInSync(),
                checks.position().map(Position::toString),
                checks.lagBytes(),
                board.picture().map(picture -> picture.doing().line()));
    }
}
