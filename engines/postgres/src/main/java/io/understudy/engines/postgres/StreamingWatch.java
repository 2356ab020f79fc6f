package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.engines.postgres.ServerParameters.Upstream;
import io.understudy.engines.postgres.replication.Password;
import io.understudy.engines.postgres.replication.ReplicationConnection;
import io.understudy.engines.postgres.replication.ReplicationSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Notices a replica that can never stream from its primary although that answers: its log ends inside a record whose rest was
 * never written anywhere, so that it asks for more than the new timeline has; or what it asks for is no longer kept there.
 * Only a new copy helps. Owned by the engine's thread.
 */
final class StreamingWatch {

    /** A replica that does not stream for this long, from a primary that answers, is given up. */
    static final Duration LIMIT = Duration.ofSeconds(15);

    /** One that is refused in words that time does not change: a file of the log is gone, or its own log goes on beyond the fork. */
    static final Duration REFUSED_LIMIT = Duration.ofSeconds(3);

    /** What the receiver says, in the words of each of the two. */
    private static final List<List<String>> REFUSALS = List.of(
            List.of("WAL stream", "ERROR:  requested WAL segment", "has already been removed"),
            List.of("WAL stream", "ERROR:  requested starting point", "is not in this server's history"));

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);
    private static final Pattern PLACE = Pattern.compile("host='([^']*)' port=(\\d+)");

    /** A receiver that lives this long is being sent to; one that asks for too much is ended sooner, again and again. */
    private static final Duration STEADY = Duration.ofSeconds(8);

    private final NodeId self;
    private final Roles roles;
    private final ServerLog log;
    private final LongSupplier nanoTime;
    private long wellNanos;
    private long wellAtLog;
    private String asked = "";
    private Position replayed = Position.START;
    private int receiver;
    private long receiverSinceNanos;

    /** @param log of the replica's server, whose receiver says there why it ended */
    StreamingWatch(NodeId self, Roles roles, ServerLog log, LongSupplier nanoTime) {
        this.self = self;
        this.roles = roles;
        this.log = log;
        this.nanoTime = nanoTime;
        excuse();
    }

    /** Whether the time is over and the primary answers now. */
    boolean isHopeless(Glance glance, Upstream upstream) {
        long now = nanoTime.getAsLong();
        // Another primary may have what the last one had not.
        if (isWell(glance, upstream, now)
                || (!asked.isEmpty() && !upstream.conninfo().equals(asked))) {
            excuse();
        }
        asked = upstream.conninfo();
        long unwell = now - wellNanos;
        if (unwell < REFUSED_LIMIT.toNanos() || unwell < LIMIT.toNanos() && !isRefusedForGood()) {
            return false;
        }
        // Asked once in a while only; meanwhile it may begin to stream by itself.
        excuse();
        return answers(upstream);
    }

    private boolean isRefusedForGood() {
        return REFUSALS.stream().anyMatch(words -> log.holds(words, wellAtLog));
    }

    /** Begins to count anew: why it does not stream is known, and a new copy would not help. */
    void excuse() {
        wellNanos = nanoTime.getAsLong();
        wellAtLog = log.end();
    }

    private boolean isWell(Glance glance, Upstream upstream, long now) {
        boolean advanced = glance.position().isAfter(replayed);
        replayed = glance.position();
        int present = glance.receiver().map(Glance.Receiver::pid).orElse(0);
        if (present != receiver) {
            receiver = present;
            receiverSinceNanos = now;
        }
        boolean steady = receiver != 0 && now - receiverSinceNanos >= STEADY.toNanos();
        // One that a reader keeps from replaying does not ask for more yet.
        return upstream.conninfo().isEmpty() || advanced || steady || glance.isReplayBlocked();
    }

    private boolean answers(Upstream upstream) {
        Matcher place = PLACE.matcher(upstream.conninfo());
        if (!place.find()) {
            return false;
        }
        String login = Roles.loginOf(self);
        ReplicationSource source = ReplicationSource.of(place.group(1), Integer.parseInt(place.group(2)), login)
                .withPassword(Password.of(roles.passwordOf(login)))
                .withTimeouts(ANSWER_LIMIT, ANSWER_LIMIT);
        try (ReplicationConnection connection = ReplicationConnection.open(source)) {
            connection.identifySystem();
            return true;
        } catch (IOException unreachable) {
            return false;
        }
    }
}
