package io.understudy.agent;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.Position;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.reconciler.LocalObservation.InSyncProgress;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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

    /** Each 1,024 of the one before. */
    private static final List<String> UNITS = List.of("B", "kB", "MB", "GB", "TB");

    private static final Pattern SIZE = Pattern.compile("(?:(?<whole>[-+]?(?:0[xX]\\p{XDigit}+|0[0-7]*|[1-9]\\d*))"
            + "|(?<real>[-+]?(?:\\d+\\.\\d*|\\.\\d+|\\d+(?=[eE]))(?:[eE][-+]?\\d+)?))\\s*(?<unit>"
            + String.join("|", UNITS)
            + ")?");

    private final NodeId self;
    private final Board board;

    /** Of which {@link #open} said before that it is open. */
    private volatile Optional<Epoch> confirmed = Optional.empty();

    Checks(NodeId self, Board board) {
        this.self = self;
        this.board = board;
    }

    /**
     * @param query the request's parameters
     * @return empty when {@code path} is no check
     */
    Optional<Boolean> check(String path, Map<String, String> query) {
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
        return primaryOf().isPresent();
    }

    /** The epoch for which clients may write here, on this node's own word; empty when they may not. */
    Optional<Epoch> primaryOf() {
        return picture()
                .flatMap(this::open)
                .map(Tenure::epoch)
                .filter(epoch -> board.leaseLeft(epoch).isPositive());
    }

    /**
     * The tenure of this node, once its server is open: a marker commit was confirmed by the in-sync set that the ledger asks for now.
     * The ledger notes that a moment later, and clients need not wait for the note: whatever is confirmed from here on is
     * obeyed by every later failover, because the set is among the possible ones since the Grant. It stays open when the ledger
     * asks for another set in between: the confirmed one is possible until a marker was confirmed by its successor.
     */
    private Optional<Tenure> open(Picture picture) {
        if (!(picture.seen().server() instanceof Server.Primary primary)) {
            return Optional.empty();
        }
        return picture.state()
                .flatMap(state -> state.running()
                        .filter(tenure -> tenure.holder().node().equals(self))
                        .filter(tenure -> picture.incarnation()
                                .equals(Optional.of(tenure.holder().incarnation())))
                        .filter(tenure -> tenure.phase() == Phase.OPEN || isConfirmed(primary, tenure, state)));
    }

    private boolean isConfirmed(Server.Primary primary, Tenure tenure, ClusterState state) {
        if (!primary.timeline().equals(tenure.timeline())) {
            return false;
        }
        InSyncProgress proof = new InSyncProgress(state.inSync().change(), InSyncProgress.Step.CONFIRMED);
        if (primary.inSync().equals(proof)) {
            confirmed = Optional.of(tenure.epoch());
        }
        return confirmed.equals(Optional.of(tenure.epoch()));
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

    /** An unreadable bound bounds nothing, as without {@code lag}. */
    private boolean isWithin(@Nullable String lag) {
        OptionalLong most = lag == null ? OptionalLong.empty() : bytes(lag);
        return most.isEmpty()
                || lagBytes().filter(behind -> behind > most.getAsLong()).isEmpty();
    }

    /**
     * As Patroni reads it ({@code parse_int} of its utils.py): decimal, also with a fraction or an exponent, octal behind a
     * 0, hexadecimal behind 0x, with or without a unit. Empty when that cannot be read, and Patroni then bounds nothing
     * ({@code do_GET} of its api.py). To refuse would take every replica out of a balancer that Patroni served; to read from
     * one that lags loses nothing.
     */
    private static OptionalLong bytes(String size) {
        Matcher parts = SIZE.matcher(size.strip());
        if (!parts.matches()) {
            return OptionalLong.empty();
        }
        String unit = parts.group("unit") == null ? "B" : parts.group("unit");
        int shift = 10 * UNITS.indexOf(unit);
        if (parts.group("real") != null) {
            return OptionalLong.of(Math.round(Double.parseDouble(parts.group("real")) * (1L << shift)));
        }
        try {
            long number = Long.decode(parts.group("whole"));
            // Nobody is ahead of the primary: below 0 it is the same how far.
            return OptionalLong.of(
                    number < 0 ? number : number > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : number << shift);
        } catch (NumberFormatException tooLong) {
            return OptionalLong.empty();
        }
    }
}
