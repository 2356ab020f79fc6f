package io.understudy.coordination.ratis;

import io.understudy.coordination.ratis.LifeProbe.Asked;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does that remembers nothing: it may be new together with all others, or have lost everything it had. It forms
 * the group only if every other node says, twice in a row and in the same life, that it takes part in nothing either; so
 * the first start of a cluster needs all its nodes at once. When a group exists, the node belongs to it only if it was
 * formed with this very life of its storage; else it is a new member.
 *
 * <p>Why twice: between the end of the first round and the beginning of the second every node was in the life that was
 * formed with and had promised nothing, so no former life of any of them has promised anything to one of these.
 */
final class FirstStart {
    private static final Logger log = LoggerFactory.getLogger(FirstStart.class);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration LOG_EVERY = Duration.ofSeconds(10);

    sealed interface Finding {
        /** The group is formed with these lives, this one among them. */
        record Forms(Map<String, String> lives) implements Finding {}

        /** There is a group, formed without this life. */
        record Joins(String because) implements Finding {}

        /** Not known yet: the lives found in this round, empty unless every node answered that it takes part in nothing. */
        record Open(Map<String, String> lives, String waiting) implements Finding {}
    }

    private final StorageIdentity own;
    private final LifeProbe probe;

    FirstStart(StorageIdentity own, LifeProbe probe) {
        this.own = own;
        this.probe = probe;
    }

    /** Asks until it is known; blocks that long. Never answers {@link Finding.Open}. */
    Finding await() throws InterruptedException {
        Map<String, String> before = Map.of();
        Optional<Long> lastLogNanos = Optional.empty();
        while (true) {
            Finding finding = judge(own, before, probe.askAll());
            if (!(finding instanceof Finding.Open open)) {
                return finding;
            }
            before = open.lives();
            long now = System.nanoTime();
            if (before.isEmpty() && (lastLogNanos.isEmpty() || now - lastLogNanos.get() > LOG_EVERY.toNanos())) {
                log.info(
                        "Node {} has no ledger yet and waits for every other node to say whether there is one; the first"
                                + " start of a cluster needs all its nodes at once. Waiting for {}",
                        own.node(),
                        open.waiting());
                lastLogNanos = Optional.of(now);
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    /** @param before the lives of the round before, see {@link Finding.Open} */
    static Finding judge(StorageIdentity own, Map<String, String> before, Asked asked) {
        Optional<LifeAnswer> joined = Optional.empty();
        for (LifeAnswer answer : asked.answers().values()) {
            if (answer.peer().isEmpty()) {
                continue;
            }
            if (own.incarnation().equals(answer.formation().get(own.node()))) {
                return new Finding.Forms(answer.formation());
            }
            joined = Optional.of(answer);
        }
        if (joined.isPresent()) {
            return new Finding.Joins("node " + joined.get().node() + " takes part in a ledger, as Raft peer "
                    + joined.get().peer().orElse("") + ", that was formed without this life of this node's storage");
        }
        if (!asked.silent().isEmpty()) {
            return new Finding.Open(Map.of(), asked.silent().toString());
        }
        Map<String, String> lives = new TreeMap<>();
        lives.put(own.node(), own.incarnation());
        asked.answers().forEach((node, answer) -> lives.put(node, answer.incarnation()));
        return lives.equals(before) || asked.answers().isEmpty()
                ? new Finding.Forms(lives)
                : new Finding.Open(lives, "the same answers once more");
    }
}
