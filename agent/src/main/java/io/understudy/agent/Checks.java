package io.understudy.agent;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The health checks that load balancers configured for Patroni ask for (its REST API's "health check endpoints"): 200 for
 * yes, 503 for no. From memory alone. What Patroni says of the leader lock is here a valid lease of the open tenure.
 */
final class Checks {

    /** An observation that is older says that the loop hangs: nothing is true any more but {@code /liveness}' no. */
    static final Duration LOOP_LIMIT = Duration.ofSeconds(10);

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*(B|kB|MB|GB|TB)?");

    private final NodeId self;
    private final Board board;

    Checks(NodeId self, Board board) {
        this.self = self;
        this.board = board;
    }

    /**
     * @param query the request's parameters
     * @return empty when {@code path} is no check
     * @throws ApiProblem when {@code lag} cannot be read
     */
    Optional<Boolean> check(String path, Map<String, String> query) throws ApiProblem {
        boolean tagged = query.keySet().stream().anyMatch(name -> name.startsWith("tag_"));
        boolean replica = isReplica() && !tagged && isWithin(query.get("lag"));
        return switch (path) {
            case "/", "/primary", "/master", "/leader", "/read-write" -> Optional.of(isPrimary());
            case "/standby-leader", "/standby_leader" -> Optional.of(false);
            case "/replica" -> Optional.of(replica);
            case "/read-only" -> Optional.of(replica || isPrimary());
            case "/sync", "/synchronous" -> Optional.of(replica && isInSync());
            case "/read-only-sync" -> Optional.of(replica && isInSync() || isPrimary());
            case "/async", "/asynchronous" -> Optional.of(replica && !isInSync());
            case "/health" -> Optional.of(isUp());
            case "/readiness" -> Optional.of(isPrimary() || isReplica());
            case "/liveness" -> Optional.of(isAlive());
            default -> Optional.empty();
        };
    }

    private Optional<Picture> picture() {
        return board.picture().filter(seen -> board.now().since(seen.at()).compareTo(LOOP_LIMIT) <= 0);
    }

    private boolean isAlive() {
        return picture().isPresent();
    }

    private Optional<Server> server() {
        return picture().map(picture -> picture.seen().server());
    }

    private boolean isUp() {
        return server().filter(found -> found instanceof Server.Primary || found instanceof Server.Standby)
                .isPresent();
    }

    /** Whether clients may write here, on this node's own word. */
    boolean isPrimary() {
        Optional<Tenure> held = picture().flatMap(this::open);
        return held.isPresent() && board.leaseLeft(held.get().epoch()).isPositive();
    }

    /**
     * The tenure of this node, once its server is open: a marker commit was confirmed by the in-sync set that the tenure began with.
     * The ledger notes that a moment later, and clients need not wait for the note: whatever is confirmed from here on is
     * obeyed by every later failover, because the set is among the possible ones since the Grant.
     */
    private Optional<Tenure> open(Picture picture) {
        if (!(picture.seen().server() instanceof Server.Primary primary)) {
            return Optional.empty();
        }
        return picture.state()
                .flatMap(state -> state.running()
                        .filter(tenure -> tenure.phase() == Phase.OPEN || isConfirmed(primary, tenure, state))
                        .filter(tenure -> tenure.holder().node().equals(self))
                        .filter(tenure -> picture.incarnation()
                                .equals(Optional.of(tenure.holder().incarnation()))));
    }

    private static boolean isConfirmed(Server.Primary primary, Tenure tenure, ClusterState state) {
        return primary.timeline().equals(tenure.timeline())
                && primary.inSync().equals(new InSyncProgress(state.inSync().change(), InSyncProgress.Step.CONFIRMED));
    }

    private Optional<Server.Standby> standby() {
        return server().flatMap(found -> found instanceof Server.Standby as ? Optional.of(as) : Optional.empty());
    }

    boolean isReplica() {
        return standby().filter(Server.Standby::streaming).isPresent();
    }

    boolean isInSync() {
        return picture()
                .flatMap(Picture::state)
                .filter(state -> state.inSync().target().contains(self))
                .isPresent();
    }

    /** Bytes that this replica has not replayed, empty when not known. */
    Optional<Long> lagBytes() {
        return standby().flatMap(found -> found.primaryEnd().map(end -> end.bytesSince(found.replayed())));
    }

    Optional<Position> position() {
        return server().flatMap(NodeViews::position);
    }

    /** The server's state in one word. */
    String serverWord() {
        return server().map(NodeViews::word).orElse("unknown");
    }

    private boolean isWithin(@Nullable String lag) throws ApiProblem {
        if (lag == null) {
            return true;
        }
        long most = bytes(lag);
        return lagBytes().filter(behind -> behind > most).isEmpty();
    }

    private static long bytes(String size) throws ApiProblem {
        Matcher parts = SIZE.matcher(size);
        if (!parts.matches()) {
            throw ApiProblem.badRequest(
                    "lag cannot be read", "lag=" + size, "bytes, or a number with kB, MB, GB or TB, as in lag=16MB");
        }
        long number = Long.parseLong(parts.group(1));
        String unit = parts.group(2) == null ? "B" : parts.group(2);
        int shift = switch (unit) {
            case "kB" -> 10;
            case "MB" -> 20;
            case "GB" -> 30;
            case "TB" -> 40;
            default -> 0;
        };
        return number > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : number << shift;
    }
}
