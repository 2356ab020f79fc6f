package io.understudy.coordination.ratis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeerId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One peer of the cluster's Raft group: carries a {@link ReplicatedMachine} and takes proposals and queries to whichever
 * peer leads.
 *
 * <p>Threads: any thread may call; nothing blocks but {@link #start} and {@link #close}. Futures complete on threads of
 * this node and of Ratis: dependent work that may block belongs elsewhere. A restart loses nothing that was committed;
 * soft state of the machine and proposals under way are lost.
 */
public final class RaftNode implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RaftNode.class);

    /** Proposals and queries under way from this node. */
    private static final int MOST_CALLS = 256;

    /** Some changes of leadership come without a notice from Ratis, such as a vote for somebody. */
    private static final Duration LEADERSHIP_POLL = Duration.ofMillis(100);

    private final RaftSettings settings;
    private final ScheduledExecutorService machineThread;
    private final ExecutorService tasks;
    private final MachineHost host;
    private final PeerLink link;
    private final PeerLaunch peer;
    private final Semaphore calls = new Semaphore(MOST_CALLS);
    private final Set<CompletableFuture<byte[]>> underWay = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<String> stopped = new CompletableFuture<>();

    /**
     * Starts the peer; returns without waiting for a leader or another node. With the storage it last took part with, it goes
     * on as the peer it was. With another one, an emptied or an older one, it is a new member that the others take in. When
     * nothing is known of any former storage, it waits for all other nodes to say that they know of none either, and
     * forms the group with them.
     *
     * @throws RaftStorageRefused if the storage is of another cluster, node or set of peers, or is damaged
     * @throws IOException if the storage or the address cannot be used
     */
    public static RaftNode start(RaftSettings settings, ReplicatedMachine machine) throws IOException {
        Files.createDirectories(settings.storage());
        Path beside = settings.witness().toAbsolutePath().getParent();
        if (beside != null) {
            Files.createDirectories(beside);
        }
        StorageLife.Start start = StorageLife.inspect(settings);
        RaftNode node = new RaftNode(settings, machine, start.identity());
        try {
            node.peer.begin(start);
            node.machineThread.scheduleWithFixedDelay(
                    node::announceLeadership, 0, LEADERSHIP_POLL.toMillis(), TimeUnit.MILLISECONDS);
            return node;
        } catch (IOException | RuntimeException failure) {
            node.close();
            throw failure;
        }
    }

    @SuppressWarnings("this-escape")
    private RaftNode(RaftSettings settings, ReplicatedMachine machine, StorageIdentity identity) {
        this.settings = settings;
        machineThread = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                .daemon()
                .name("raft-machine-" + settings.self())
                .factory());
        tasks = Executors.newVirtualThreadPerTaskExecutor();
        host = new MachineHost(machine, settings.limits(), this::leadership);
        ClientId client = ClientId.randomId();
        link = new PeerLink(
                new GrpcFactory(new Parameters()).newRaftClientRpc(client, RatisProperties.of(settings)),
                client,
                RatisProperties.groupId(settings.cluster()),
                this::runTask);
        RatisMachine machineOfRatis = new RatisMachine(new MachineSurroundings(), machineThread);
        peer = new PeerLaunch(settings, identity, machineOfRatis, link, tasks, new LaunchSurroundings());
    }

    private Optional<LocalPeer> running() {
        return stopped.isDone() ? Optional.empty() : peer.running();
    }

    /**
     * Proposes an entry to the leader, wherever it is, and completes with the machine's answer once it is committed and
     * applied there. It is applied once, however often it had to be sent.
     *
     * @return fails with {@link NoRaftLeader} (the outcome is unknown), {@link ProposalFailed}, {@link MessageTooLarge} or
     *     {@link RaftNodeStopped}
     */
    public CompletableFuture<byte[]> propose(byte[] proposal) {
        return tooLarge("proposal", proposal)
                .orElseGet(() ->
                        call(RaftClientRequest.writeRequestType(), Envelope.proposal(Envelope.ANY_TERM, proposal)));
    }

    /**
     * Proposes an entry that has an effect only as an entry of {@code term}, which this peer must lead; what a leader
     * decided on its soft state never takes effect under another leader.
     *
     * @return fails with {@link NotRaftLeader} (never applied), otherwise as {@link #propose}
     */
    public CompletableFuture<byte[]> proposeHere(long term, byte[] proposal) {
        if (!(leadership() instanceof Leadership.Leading leading) || leading.term() != term) {
            return CompletableFuture.failedFuture(new NotRaftLeader("Node " + settings.self()
                    + " was to propose as Raft leader of term " + term + ", found " + leadership()));
        }
        return tooLarge("proposal", proposal)
                .orElseGet(() -> call(RaftClientRequest.writeRequestType(), Envelope.proposal(term, proposal)));
    }

    /**
     * Asks the leader, wherever it is; see {@link ReplicatedMachine#hear}. The answer reflects every proposal answered
     * before this call. Asked more than once where the leader changes meanwhile: soft state must bear that.
     *
     * @return fails with {@link NoRaftLeader}, {@link ProposalFailed}, {@link MessageTooLarge} or {@link RaftNodeStopped}
     */
    public CompletableFuture<byte[]> query(byte[] request) {
        return tooLarge("query", request).orElseGet(() -> call(RaftClientRequest.readRequestType(), request));
    }

    /**
     * Sends {@code message} to the machine of one other peer, once, past the log; see {@link ReplicatedMachine#told}. Used
     * to let followers know at once what they would learn with the leader's next heartbeat.
     *
     * @param message not empty
     * @return true; fails when the peer did not take it, as one does that has nothing committed yet; also with {@link MessageTooLarge} or {@link RaftNodeStopped}
     */
    public CompletableFuture<Boolean> tell(String peer, byte[] message) {
        Optional<CompletableFuture<byte[]>> refused = tooLarge("message", message);
        if (refused.isPresent()) {
            return refused.get().thenApply(never -> false);
        }
        if (stopped.isDone()) {
            return CompletableFuture.failedFuture(new RaftNodeStopped(stopped.join()));
        }
        Optional<RaftPeerId> to = running().flatMap(own -> own.peerOf(peer));
        if (to.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("Node " + peer + " has no peer in the Raft group that is known here"));
        }
        return toPeer(to.get(), message).thenApply(reply -> {
            if (!reply.isSuccess()) {
                throw new IllegalStateException("Peer " + peer + " did not take a message: " + reply.getException());
            }
            return true;
        });
    }

    /** Who leads, as this peer sees it now. */
    public Leadership leadership() {
        return running().map(LocalPeer::leadership).orElseGet(() -> new Leadership.Leaderless(0));
    }

    /** Name of the leading node, as this peer sees it; empty if it knows none. */
    public Optional<String> leader() {
        return switch (leadership()) {
            case Leadership.Leading leading -> Optional.of(settings.self());
            case Leadership.Following following -> Optional.of(following.leader());
            case Leadership.Leaderless leaderless -> Optional.empty();
        };
    }

    /** Raft term this peer is in; 0 while it takes part in nothing. */
    public long term() {
        return running().map(LocalPeer::term).orElse(0L);
    }

    /** Index of the last entry in this peer's log, committed or not; -1 if it has none. */
    public long lastLogIndex() {
        return running().map(LocalPeer::lastLogIndex).orElse(-1L);
    }

    /** Index of the last entry applied to this peer's machine; -1 if none. */
    public long lastAppliedIndex() {
        return running().map(LocalPeer::lastAppliedIndex).orElse(-1L);
    }

    /** Whether a majority agreed that this peer, in this life of its storage, votes. */
    boolean isMember() {
        return running().map(LocalPeer::isMember).orElse(false);
    }

    /** Names of the Raft peers that vote, by the newest configuration known here; empty while it takes part in nothing. */
    Set<String> voters() {
        return running().map(own -> own.voters().current()).orElse(Set.of());
    }

    /** Random text, one for each life of this peer's storage: another one means that it was emptied or restored. */
    public String storageIncarnation() {
        return peer.identity().incarnation();
    }

    /** Completes with the reason when the peer stops by itself or is closed; it does not come back then. */
    public CompletableFuture<String> stopped() {
        return stopped.copy();
    }

    /**
     * Asks the leader to hand its leadership to another peer.
     *
     * @return true once {@code toPeer} leads; false if the leader refused, the peer was not fit in time, or no leader
     *     answered
     * @throws IllegalArgumentException if {@code toPeer} is no peer
     */
    public CompletableFuture<Boolean> transferLeadership(String toPeer) {
        if (settings.peers().stream().noneMatch(peer -> peer.node().equals(toPeer))) {
            throw new IllegalArgumentException("Raft leadership was to go to '" + toPeer + "', expected one of "
                    + settings.peers().stream().map(RaftPeerAddress::node).toList());
        }
        return CompletableFuture.supplyAsync(
                        () -> running().map(own -> own.transfer(link, toPeer)).orElse(false), this::runTask)
                .exceptionally(failure -> {
                    log.info("Raft leadership was not transferred to {}: {}", toPeer, failure.toString());
                    return false;
                });
    }

    private Optional<CompletableFuture<byte[]>> tooLarge(String what, byte[] bytes) {
        int bound = settings.limits().proposalBytes();
        return bytes.length <= bound
                ? Optional.empty()
                : Optional.of(CompletableFuture.failedFuture(new MessageTooLarge(
                        "The " + what + " has " + bytes.length + " bytes, expected at most " + bound)));
    }

    private CompletableFuture<byte[]> call(RaftClientRequest.Type type, byte[] message) {
        if (stopped.isDone()) {
            return CompletableFuture.failedFuture(new RaftNodeStopped(stopped.join()));
        }
        if (!calls.tryAcquire()) {
            return CompletableFuture.failedFuture(new NoRaftLeader(MOST_CALLS + " proposals and queries of node "
                    + settings.self() + " wait for the Raft leader already"));
        }
        Duration deadline = settings.timings().deadline();
        CompletableFuture<byte[]> answer =
                new LeaderCall(new CallSurroundings(), link, type, message, deadline).start();
        underWay.add(answer);
        answer.whenComplete((done, failure) -> {
            underWay.remove(answer);
            calls.release();
        });
        if (stopped.isDone()) {
            failCallsUnderWay();
        }
        return answer;
    }

    /** Proposals and queries that wait for their answer. */
    int callsUnderWay() {
        return underWay.size();
    }

    private void failCallsUnderWay() {
        underWay.forEach(answer -> answer.completeExceptionally(new RaftNodeStopped(stopped.join())));
    }

    private CompletableFuture<Long> termOf(String peer) {
        return toPeer(RaftPeerId.valueOf(peer), new byte[0]).thenApply(reply -> {
            if (!reply.isSuccess()) {
                throw new IllegalStateException("Peer " + peer + " did not tell its term: " + reply.getException());
            }
            return ByteBuffer.wrap(reply.getMessage().getContent().toByteArray())
                    .getLong();
        });
    }

    /** Past the log, to this one peer, whoever leads. */
    private CompletableFuture<RaftClientReply> toPeer(RaftPeerId to, byte[] message) {
        running().ifPresent(own -> own.introduce(link));
        return link.send(link.request(
                to, link.nextCall(), RaftClientRequest.staleReadRequestType(0), RatisMachine.message(message)));
    }

    private void announceLeadership() {
        try {
            running().ifPresent(own -> own.follow(link));
            host.announce();
        } catch (RuntimeException failure) {
            log.error("The machine failed when told who leads", failure);
        }
    }

    private void runTask(Runnable task) {
        try {
            tasks.execute(task);
        } catch (RejectedExecutionException closed) {
            log.debug("Dropped a task of a closed Raft node", closed);
        }
    }

    private void stopBecause(String reason) {
        if (stopped.complete("Raft peer " + settings.own() + " stopped: " + reason) && !closing.get()) {
            log.error(
                    "Raft peer {} stopped by itself: {}; next step: free its disk if full, then restart the node",
                    settings.own(),
                    reason);
        }
        failCallsUnderWay();
    }

    /** Stops the peer; what it has is on disk already. Proposals and queries under way fail with {@link RaftNodeStopped}. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        stopBecause("closed");
        peer.close();
        shutDownThreads();
    }

    private void shutDownThreads() {
        machineThread.shutdownNow();
        tasks.shutdownNow();
        try {
            link.close();
        } catch (IOException failure) {
            log.warn("Connections of {} did not close: {}", settings.own(), failure.toString());
        }
    }

    private final class MachineSurroundings implements RatisMachine.Surroundings {
        @Override
        public MachineHost host() {
            return host;
        }

        @Override
        public QuorumRounds rounds() {
            return peer.rounds();
        }

        @Override
        public Leadership leadershipNow() {
            return leadership();
        }

        @Override
        public long term() {
            // Others count this as the word of a voter: better none than one made up.
            return peer.built().term();
        }

        @Override
        public void leadershipMayHaveChanged() {
            try {
                machineThread.execute(() -> {
                    announceLeadership();
                    // Who waits for a former leader's next round is to learn that there will be none.
                    peer.hurryRounds();
                });
            } catch (RejectedExecutionException closed) {
                log.debug("Not told after closing", closed);
            }
        }

        @Override
        public void stoppedByItself(String reason) {
            stopBecause(reason);
        }
    }

    private final class LaunchSurroundings implements PeerLaunch.Surroundings {
        @Override
        public CompletableFuture<Long> termOf(String other) {
            return RaftNode.this.termOf(other);
        }

        @Override
        public void cannotGoOn(String reason) {
            stopBecause(reason);
        }
    }

    private final class CallSurroundings implements LeaderCall.Node {
        @Override
        public @Nullable RaftPeerId leader() {
            return running().map(LocalPeer::leader).orElse(null);
        }

        @Override
        public CompletableFuture<RaftClientReply> send(RaftClientRequest request) {
            return running()
                    .filter(own -> request.getServerId().equals(own.id()))
                    .map(own -> own.submit(request))
                    .orElseGet(() -> link.send(request));
        }

        @Override
        public Executor tasks() {
            return RaftNode.this::runTask;
        }

        @Override
        public RaftFailure noLeader(String lastFailure, Duration waited) {
            return new NoRaftLeader("No Raft leader answered node " + settings.self() + " within " + waited.toMillis()
                    + " ms; last: " + lastFailure);
        }
    }
}
