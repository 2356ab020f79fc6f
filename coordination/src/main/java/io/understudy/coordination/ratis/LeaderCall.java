package io.understudy.coordination.ratis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.jspecify.annotations.Nullable;

/**
 * One proposal or query on its way to the leader, wherever that is, tried again after every failure until its deadline.
 * All attempts carry the same call id, by which Ratis applies a proposal once.
 */
final class LeaderCall {
    /** What a call needs of the node. */
    interface Node {
        /** The leader this node knows of, possibly itself; null if none. */
        @Nullable
        RaftPeerId leader();

        /** Sends to a peer, or hands to this node's own server. */
        CompletableFuture<RaftClientReply> send(RaftClientRequest request);

        /** Runs tasks that may block. */
        Executor tasks();

        RaftFailure noLeader(String lastFailure, Duration waited);
    }

    /** Short against an election, long against a message. */
    private static final Duration RETRY_PAUSE = Duration.ofMillis(20);

    private final Node node;
    private final PeerLink link;
    private final long call;
    private final RaftClientRequest.Type type;
    private final Message message;
    private final Duration deadline;
    private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
    private volatile String lastFailure = "no leader is known";
    private volatile @Nullable RaftPeerId hint;

    LeaderCall(Node node, PeerLink link, RaftClientRequest.Type type, byte[] message, Duration deadline) {
        this.node = node;
        this.link = link;
        this.call = link.nextCall();
        this.type = type;
        this.message = RatisMachine.message(message);
        this.deadline = deadline;
    }

    CompletableFuture<byte[]> start() {
        answer.handle((done, failure) -> true)
                .completeOnTimeout(false, deadline.toNanos(), TimeUnit.NANOSECONDS)
                .thenAccept(inTime -> {
                    if (!inTime) {
                        node.tasks().execute(() -> answer.completeExceptionally(node.noLeader(lastFailure, deadline)));
                    }
                });
        node.tasks().execute(this::attempt);
        return answer;
    }

    private void attempt() {
        if (answer.isDone()) {
            return;
        }
        RaftPeerId suggested = hint;
        RaftPeerId leader = suggested != null ? suggested : node.leader();
        hint = null;
        if (leader == null) {
            again("no leader is known");
            return;
        }
        node.send(link.request(leader, call, type, message)).whenComplete((reply, failure) -> {
            if (failure != null) {
                failed(leader, failure);
            } else {
                replied(leader, reply);
            }
        });
    }

    private void replied(RaftPeerId leader, RaftClientReply reply) {
        if (!reply.isSuccess()) {
            failed(leader, reply.getException());
            return;
        }
        byte[] envelope = reply.getMessage().getContent().toByteArray();
        switch (Envelope.outcome(envelope)) {
            case DONE -> answer.complete(Envelope.answerBody(envelope));
            case REFUSED -> answer.completeExceptionally(new ProposalFailed(Envelope.answerWords(envelope)));
            case OTHER_TERM -> answer.completeExceptionally(new NotRaftLeader(Envelope.answerWords(envelope)));
            case TOO_LARGE -> answer.completeExceptionally(new MessageTooLarge(Envelope.answerWords(envelope)));
            case NOT_LEADING -> again(leader + ": " + Envelope.answerWords(envelope));
        }
    }

    private void failed(RaftPeerId leader, Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        if (cause instanceof NotLeaderException elsewhere) {
            RaftPeer suggested = elsewhere.getSuggestedLeader();
            hint = suggested == null ? null : suggested.getId();
        }
        again(leader + ": " + cause);
    }

    private void again(String why) {
        lastFailure = why;
        CompletableFuture.delayedExecutor(RETRY_PAUSE.toNanos(), TimeUnit.NANOSECONDS, node.tasks())
                .execute(this::attempt);
    }
}
