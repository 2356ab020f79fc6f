package io.understudy.router.topology;

import io.understudy.core.cluster.Epoch;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** One node that can be asked about itself. */
interface NodeVoice {

    /** Its word, at once. */
    NodeWord now() throws IOException, InterruptedException;

    /** Its word as soon as it is primary of another epoch than {@code known}, at the latest after {@code longest}. */
    NodeWord news(Optional<Epoch> known, Duration longest) throws IOException, InterruptedException;

    /** The voice of the node in whose agent this runs. */
    static NodeVoice of(OwnNode own) {
        return new NodeVoice() {
            @Override
            public NodeWord now() {
                return new NodeWord(own.node(), own.primary(), own.database());
            }

            @Override
            public NodeWord news(Optional<Epoch> known, Duration longest) throws InterruptedException {
                return new NodeWord(own.node(), own.awaitOther(known, longest), own.database());
            }

            @Override
            public String toString() {
                return "this node, " + own.node();
            }
        };
    }
}
