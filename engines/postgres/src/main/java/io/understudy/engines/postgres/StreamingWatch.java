package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Position;
import io.understudy.engines.postgres.ServerParameters.Upstream;
import io.understudy.engines.postgres.replication.Password;
import io.understudy.engines.postgres.replication.ReplicationConnection;
import io.understudy.engines.postgres.replication.ReplicationSource;
import java.io.IOException;
import java.time.Duration;
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

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);
    private static final Pattern PLACE = Pattern.compile("host='([^']*)' port=(\\d+)");

    /** A receiver that lives this long is being sent to; one that asks for too much is ended sooner, again and again. */
    private static final Duration STEADY = Duration.ofSeconds(8);

    private final NodeId self;
    private final Roles roles;
    private final LongSupplier nanoTime;
    private long wellNanos;
    private Position replayed = Position.START;
    private int receiver;
    private long receiverSinceNanos;

    StreamingWatch(NodeId self, Roles roles, LongSupplier nanoTime) {
        this.self = self;
        this.roles = roles;
        this.nanoTime = nanoTime;
        this.wellNanos = nanoTime.getAsLong();
    }

    /** Whether the time is over and the primary answers now. */
    boolean isHopeless(Glance glance, Upstream upstream) {
        long now = nanoTime.getAsLong();
        if (isWell(glance, upstream, now)) {
            wellNanos = now;
        }
        if (now - wellNanos < LIMIT.toNanos()) {
            return false;
        }
        // Asked once in a while only; meanwhile it may begin to stream by itself.
        wellNanos = now;
        return answers(upstream);
    }

    /** Begins to count anew: why it does not stream is known, and a new copy would not help. */
    void excuse() {
        wellNanos = nanoTime.getAsLong();
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
