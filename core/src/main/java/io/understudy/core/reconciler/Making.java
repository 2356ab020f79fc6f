package io.understudy.core.reconciler;

import io.understudy.core.reconciler.LocalObservation.Data;
import io.understudy.core.reconciler.LocalObservation.Server;
import java.util.Optional;

/** Rules for the node that makes the cluster's first database. */
final class Making {

    private Making() {}

    static Optional<Outcome> first(Assignment assignment, LocalObservation seen) {
        if (!(assignment instanceof Assignment.MakeFirst)) {
            return Optional.empty();
        }
        if (seen.server() instanceof Server.Gone gone && seen.data() instanceof Data.Empty) {
            return gone.problem()
                    .map(problem -> new Outcome(new Action.Wait(), problem))
                    .or(() -> Outcome.of(new Action.Initialise(), "this node was chosen to make the first database"));
        }
        return Outcome.waiting("the first database is made; waiting for the ledger to register it");
    }
}
