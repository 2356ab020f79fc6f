package io.understudy.coordination;

import io.understudy.core.cluster.Cause;
import io.understudy.core.cluster.ClusterState;
import io.understudy.core.cluster.Epoch;
import io.understudy.core.cluster.InSync;
import io.understudy.core.cluster.NodeId;
import io.understudy.core.cluster.Notice;
import io.understudy.core.cluster.Phase;
import io.understudy.core.cluster.PrimaryChange;
import io.understudy.core.cluster.ReplicationMode;
import io.understudy.core.cluster.SwitchoverRequest;
import io.understudy.core.cluster.Tenure;
import io.understudy.core.cluster.Vote;
import io.understudy.core.command.Command;
import io.understudy.core.command.Proposal;
import java.util.Optional;

/**
 * What a proposal makes of the ledger's state. Pure and total: every copy of the ledger comes to the same state from the
 * same proposals. It knows which transitions are legal; whether they are wise is {@code Coordinator}'s to decide.
 */
public final class Ledger {

    private Ledger() {}

    /** What became of a proposal. */
    public sealed interface Result {
        /** It was applied. */
        record Accepted(ClusterState state) implements Result {}

        /** Nothing was changed. */
        record Refused(String reason) implements Result {}
    }

    /** Applies all commands of {@code proposal}, or none. */
    public static Result apply(ClusterState state, Proposal proposal) {
        if (proposal.version() != state.version()) {
            return new Result.Refused("the ledger is at version " + state.version()
                    + ", the proposal was made for version " + proposal.version() + ": look again and decide again");
        }
        ClusterState next = state;
        for (Command command : proposal.commands()) {
            try {
                next = apply(next, command, proposal);
            } catch (IllegalTransition illegal) {
                return new Result.Refused(
                        command.getClass().getSimpleName() + " does not fit: " + illegal.getMessage());
            }
        }
        return new Result.Accepted(next.withVersion(state.version() + 1));
    }

    private static ClusterState apply(ClusterState state, Command command, Proposal proposal) throws IllegalTransition {
        return switch (command) {
            case Command.Register register -> register(state, register);
            case Command.ChooseInitialiser choose -> chooseInitialiser(state, choose);
            case Command.Revoke revoke -> revoke(state, revoke, proposal);
            case Command.RecordVote vote -> recordVote(state, vote.vote());
            case Command.Grant grant -> grant(state, grant, proposal);
            case Command.Open open -> open(state, open, proposal);
            case Command.ChangeInSync change -> changeInSync(state, change, proposal);
            case Command.CompleteInSync complete -> completeInSync(state, complete);
            case Command.RequestSwitchover request -> requestSwitchover(state, request, proposal);
            case Command.ChooseTarget choose -> chooseTarget(state, choose);
            case Command.CancelSwitchover cancel -> cancelSwitchover(state, proposal);
            case Command.ChangeSettings change -> changeSettings(state, change, proposal);
            case Command.RecordReceipt receipt -> recordReceipt(state, receipt);
        };
    }

    private static ClusterState register(ClusterState state, Command.Register register) throws IllegalTransition {
        expectMember(state, register.record().node());
        return state.copy().member(register.record()).done();
    }

    private static ClusterState chooseInitialiser(ClusterState state, Command.ChooseInitialiser choose)
            throws IllegalTransition {
        expectMember(state, choose.node());
        expect(state.tenure().isEmpty(), "the cluster has had a primary");
        expect(state.initialiser().isEmpty(), state.initialiser() + " makes the first database already");
        return state.copy().initialiser(choose.node()).done();
    }

    private static ClusterState revoke(ClusterState state, Command.Revoke revoke, Proposal proposal)
            throws IllegalTransition {
        Tenure held = expectEpoch(state, revoke.epoch());
        expect(held.isRunning(), "epoch " + revoke.epoch() + " has ended already");
        ClusterState.Copy next = state.copy()
                .tenure(held.withPhase(Phase.REVOKED))
                .noVotes()
                .began(PrimaryChange.began(
                        revoke.epoch().next(),
                        revoke.cause(),
                        Optional.of(held.holder().node()),
                        proposal.rule(),
                        proposal.reason(),
                        proposal.at()));
        Optional<SwitchoverRequest> planned = state.switchover();
        if (revoke.cause() == Cause.SWITCHOVER
                && planned.isPresent()
                && revoke.stopped().isPresent()) {
            next.switchover(planned.get().stoppedAt(revoke.stopped().get()));
        } else {
            next.noSwitchover();
        }
        return next.done();
    }

    private static ClusterState recordVote(ClusterState state, Vote vote) throws IllegalTransition {
        expect(state.running().isEmpty(), "there is a primary, nobody votes");
        expect(
                vote.promised().equals(state.epoch().next()),
                "the vote is for epoch " + vote.promised() + ", expected "
                        + state.epoch().next());
        expect(
                state.member(vote.member().node()).equals(Optional.of(vote.member())),
                "the vote is of another life of " + vote.member() + "'s data than the ledger knows");
        return state.copy().vote(vote).done();
    }

    private static ClusterState grant(ClusterState state, Command.Grant grant, Proposal proposal)
            throws IllegalTransition {
        expect(state.running().isEmpty(), "epoch " + state.epoch() + " has not ended");
        expect(
                grant.epoch().equals(state.epoch().next()),
                "epoch " + grant.epoch() + " does not follow " + state.epoch());
        expect(
                grant.timeline().equals(state.nextTimeline()),
                "timeline " + grant.timeline() + " is not the next, " + state.nextTimeline());
        expect(
                state.votesForNext().stream().anyMatch(vote -> vote.member().equals(grant.holder())),
                grant.holder() + " has not voted");
        expect(!grant.target().contains(grant.holder().node()), grant.holder() + " cannot confirm its own commits");
        expect(state.inSync().mayGo(grant.target()), "too many in-sync configurations are possible at once");
        Tenure tenure = new Tenure(grant.epoch(), grant.holder(), grant.timeline(), grant.boundary(), Phase.GRANTED);
        ClusterState.Copy next = state.copy()
                .tenure(tenure)
                .inSync(state.inSync().towards(grant.target()))
                .extendLineage(tenure.start())
                .noVotes()
                .noSwitchover();
        PrimaryChange begun = state.change(grant.epoch())
                .orElseGet(() -> PrimaryChange.began(
                        grant.epoch(),
                        grant.cause(),
                        Optional.empty(),
                        proposal.rule(),
                        proposal.reason(),
                        proposal.at()));
        if (state.change(grant.epoch()).isEmpty()) {
            next.began(begun);
        }
        return next.changed(begun.granted(
                        grant.holder().node(), grant.boundary(), proposal.reason(), proposal.at(), grant.candidates()))
                .done();
    }

    private static ClusterState open(ClusterState state, Command.Open open, Proposal proposal)
            throws IllegalTransition {
        Tenure held = expectEpoch(state, open.epoch());
        expect(held.phase() == Phase.GRANTED, "epoch " + open.epoch() + " is " + held.phase());
        expect(
                !state.inSync().isJoint(),
                "no marker was confirmed: " + state.inSync().possible() + " are possible");
        ClusterState.Copy next = state.copy().tenure(held.withPhase(Phase.OPEN));
        state.change(open.epoch()).ifPresent(change -> next.changed(change.opened(proposal.at())));
        return next.done();
    }

    private static ClusterState changeInSync(ClusterState state, Command.ChangeInSync change, Proposal proposal)
            throws IllegalTransition {
        Tenure held = expectEpoch(state, change.epoch());
        expect(held.isRunning(), "epoch " + change.epoch() + " has ended");
        InSync now = state.inSync();
        expect(!now.target().equals(change.target()), "the target is " + change.target() + " already");
        expect(!change.target().contains(held.holder().node()), held.holder() + " cannot confirm its own commits");
        expect(
                held.phase() == Phase.GRANTED
                        || !now.isJoint()
                        || now.target().blocksCommits()
                        || now.possible().contains(change.target()),
                "a change to " + now.target() + " is under way: only completing it or going back is allowed");
        expect(now.mayGo(change.target()), "too many in-sync configurations are possible at once");
        return state.copy()
                .inSync(now.towards(change.target()))
                .notice(notice(proposal))
                .done();
    }

    private static ClusterState completeInSync(ClusterState state, Command.CompleteInSync complete)
            throws IllegalTransition {
        Tenure held = expectEpoch(state, complete.epoch());
        expect(held.isRunning(), "epoch " + complete.epoch() + " has ended");
        expect(
                state.inSync().change() == complete.change(),
                "change " + complete.change() + " was overtaken by "
                        + state.inSync().change());
        return state.copy().inSync(state.inSync().completed()).done();
    }

    private static ClusterState requestSwitchover(
            ClusterState state, Command.RequestSwitchover request, Proposal proposal) throws IllegalTransition {
        expect(state.isOpen(), "there is no open primary to switch over from");
        expect(state.switchover().isEmpty(), "a switchover is under way");
        if (request.target().isPresent()) {
            expectMember(state, request.target().get());
            expect(
                    !state.running()
                            .orElseThrow()
                            .holder()
                            .node()
                            .equals(request.target().get()),
                    request.target().get() + " is the primary already");
        }
        return state.copy()
                .switchover(new SwitchoverRequest(proposal.at(), request.target(), Optional.empty(), Optional.empty()))
                .notice(notice(proposal))
                .done();
    }

    private static ClusterState chooseTarget(ClusterState state, Command.ChooseTarget choose) throws IllegalTransition {
        SwitchoverRequest request = expectSwitchover(state);
        expect(state.isOpen(), "there is no open primary to switch over from");
        expectMember(state, choose.target());
        return state.copy().switchover(request.withTarget(choose.target())).done();
    }

    private static ClusterState cancelSwitchover(ClusterState state, Proposal proposal) throws IllegalTransition {
        expectSwitchover(state);
        expect(state.isOpen(), "the old primary has stopped already");
        return state.copy().noSwitchover().notice(notice(proposal)).done();
    }

    private static ClusterState changeSettings(ClusterState state, Command.ChangeSettings change, Proposal proposal)
            throws IllegalTransition {
        int replicas = state.nodes().size() - 1;
        expect(
                change.settings().mode() != ReplicationMode.SEMI_SYNC
                        || change.settings().confirmations() <= replicas,
                change.settings().confirmations() + " confirmations can never come: expected at most " + replicas
                        + ", all nodes but the primary");
        expect(
                change.settings().mode() == ReplicationMode.ASYNC
                        || change.settings().minInSync() <= replicas,
                "min-in-sync " + change.settings().minInSync() + " can never be met: expected at most " + replicas
                        + ", all nodes but the primary");
        return state.copy().settings(change.settings()).notice(notice(proposal)).done();
    }

    private static ClusterState recordReceipt(ClusterState state, Command.RecordReceipt receipt)
            throws IllegalTransition {
        Optional<PrimaryChange> change = state.change(receipt.epoch());
        expect(change.isPresent(), "no change of primary to epoch " + receipt.epoch() + " is in the history");
        return state.copy()
                .changed(change.orElseThrow().withReceipt(receipt.receipt()))
                .done();
    }

    private static Notice notice(Proposal proposal) {
        return new Notice(proposal.at(), proposal.rule(), proposal.reason());
    }

    private static Tenure expectEpoch(ClusterState state, Epoch epoch) throws IllegalTransition {
        expect(
                state.epoch().equals(epoch) && state.tenure().isPresent(),
                "the epoch is " + state.epoch() + ", not " + epoch);
        return state.tenure().orElseThrow();
    }

    private static SwitchoverRequest expectSwitchover(ClusterState state) throws IllegalTransition {
        expect(state.switchover().isPresent(), "no switchover was asked for");
        return state.switchover().orElseThrow();
    }

    private static void expectMember(ClusterState state, NodeId node) throws IllegalTransition {
        expect(state.nodes().contains(node), node + " is none of " + state.nodes());
    }

    private static void expect(boolean holds, String otherwise) throws IllegalTransition {
        if (!holds) {
            throw new IllegalTransition(otherwise);
        }
    }

    private static final class IllegalTransition extends Exception {
        private static final long serialVersionUID = 1;

        IllegalTransition(String message) {
            super(message, null, false, false);
        }
    }
}
