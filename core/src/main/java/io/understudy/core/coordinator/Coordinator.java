package io.understudy.core.coordinator;

import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.MonotonicTime;
import java.util.List;
import java.util.Optional;

/**
 * Decides who is primary. Pure, and run on the Raft leader only: the ledger's state, what the leader remembers of the
 * agents' reports, and the time give the commands to write to the ledger and the reason for them.
 *
 * <p>The rules are tried in the order of {@link #rules()}; the first that applies decides. Commands take effect only when
 * the ledger is still at the version they were decided on.
 */
public final class Coordinator {

    private static final List<CoordinatorRule> RULES = List.of(
            new CoordinatorRule(
                    "C01", "register", "a node reports other data or addresses than the ledger has", Forming::register),
            new CoordinatorRule(
                    "C02", "choose-initialiser", "all nodes reported, and none has data", Forming::chooseInitialiser),
            new CoordinatorRule("C03", "grant-first", "the first database is made and sealed", Electing::grantFirst),
            new CoordinatorRule("C09", "forming", "the first database is not ready", Forming::waiting),
            new CoordinatorRule(
                    "C10", "record-receipt", "a former primary measured what was lost", Forming::recordReceipt),
            new CoordinatorRule(
                    "C20", "revoke-clean-stop", "the primary stopped cleanly for a switchover", Ending::cleanStop),
            new CoordinatorRule("C21", "revoke-resigned", "the primary's server is gone, all of it", Ending::resigned),
            new CoordinatorRule(
                    "C22", "revoke-lease-expired", "the primary was not heard for a lease", Ending::leaseExpired),
            new CoordinatorRule(
                    "C23", "revoke-grant-stalled", "the chosen node did not become primary", Ending::stalled),
            new CoordinatorRule(
                    "C24",
                    "revoke-change-stuck",
                    "a change of the in-sync set can neither be completed nor turned back",
                    InSyncPlanning::stuck),
            new CoordinatorRule("C40", "grant", "the sealed nodes hold everything acknowledged", Electing::grant),
            new CoordinatorRule("C30", "record-vote", "a sealed node knows the end of its log", Electing::recordVotes),
            new CoordinatorRule("C41", "no-primary", "nobody may be chosen yet", Electing::waiting),
            new CoordinatorRule(
                    "C50", "complete-in-sync", "a marker was confirmed under the new set", InSyncPlanning::complete),
            new CoordinatorRule(
                    "C51",
                    "turn-back-in-sync",
                    "a change of the in-sync set does not come to its end",
                    InSyncPlanning::turnBack),
            new CoordinatorRule(
                    "C52", "change-in-sync", "other members are healthy than the set says", InSyncPlanning::change),
            new CoordinatorRule("C60", "cancel-switchover", "a switchover cannot be carried out", Switching::cancel),
            new CoordinatorRule("C61", "choose-target", "a switchover was asked for", Switching::chooseTarget),
            new CoordinatorRule("C90", "steady", "nothing is to be done", Ending::steady));

    private Coordinator() {}

    /** The rules in the order in which they are tried. */
    public static List<CoordinatorRule> rules() {
        return RULES;
    }

    /** What to do next. */
    public static Decision decide(ClusterState state, Sightings seen, MonotonicTime now) {
        Situation situation = new Situation(state, seen, now);
        for (CoordinatorRule rule : RULES) {
            Optional<Decision> decision = rule.decide(situation);
            if (decision.isPresent()) {
                return decision.get();
            }
        }
        throw new IllegalStateException("No rule applies to " + state);
    }
}
