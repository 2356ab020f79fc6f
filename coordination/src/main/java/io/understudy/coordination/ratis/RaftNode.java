package io.understudy.coordination.ratis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
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
    private final StorageIdentity identity;
    private final RaftGroupId group;
    private final ScheduledExecutorService machineThread;
    private final ExecutorService tasks;
    private final MachineHost host;
    private final QuorumRounds rounds;
    private final RatisMachine machine;
    private final PeerLink link;
    private final RaftServer server;
    private final RaftServer.Division division;
    private final Semaphore calls = new Semaphore(MOST_CALLS);
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<String> stopped = new CompletableFuture<>();
    private volatile boolean started;

    /**
     * Starts the peer; returns without waiting for a leader. With an empty storage it is formatted for the group, else it
     * recovers what it holds.
     *
     * @throws RaftStorageRefused if the storage is of another cluster, node or set of peers, or is damaged
     * @throws IOException if the storage or the address cannot be used
     */
    public static RaftNode start(RaftSettings settings, ReplicatedMachine machine) throws IOException {
        Files.createDirectories(settings.storage());
        RaftNode node = new RaftNode(settings, machine);
        try {
            node.begin();
            return node;
        } catch (IOException | RuntimeException failure) {
            node.close();
            throw failure;
        }
    }

    @SuppressWarnings("this-escape")
    private RaftNode(RaftSettings settings, ReplicatedMachine machine) throws IOException {
        this.settings = settings;
        RaftProperties properties = RatisProperties.of(settings);
        group = groupId(settings.cluster());
        Optional<StorageIdentity> stored = StorageIdentity.read(settings);
        machineThread = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                .daemon()
                .name("raft-machine-" + settings.self())
                .factory());
        tasks = Executors.newVirtualThreadPerTaskExecutor();
        host = new MachineHost(machine, settings.limits(), this::leadership);
        ClientId client = ClientId.randomId();
        GrpcFactory rpc = new GrpcFactory(new Parameters());
        link = new PeerLink(rpc.newRaftClientRpc(client, properties), client, group, this::runTask);
        rounds = new QuorumRounds(
                settings.peers().stream()
                        .map(RaftPeerAddress::node)
                        .filter(peer -> !peer.equals(settings.self()))
                        .toList(),
                settings.majority(),
                settings.timings().electionMax(),
                this::termOf);
        this.machine = new RatisMachine(new MachineSurroundings(), machineThread);
        try {
            StorageIdentity known = stored.isPresent() ? recoverable(stored.get()) : format();
            server = build(properties, stored.isPresent());
            identity = known.ready();
            identity.write(settings.storage());
            division = server.getDivision(group);
        } catch (IOException | RuntimeException failure) {
            shutDownThreads();
            throw failure;
        }
    }

    private void begin() throws IOException {
        server.start();
        started = true;
        machineThread.scheduleWithFixedDelay(
                this::announceLeadership, 0, LEADERSHIP_POLL.toMillis(), TimeUnit.MILLISECONDS);
        log.info(
                "Raft peer {} of cluster {} started, storage incarnation {}",
                settings.own(),
                settings.cluster(),
                identity.incarnation());
    }

    private StorageIdentity format() throws IOException {
        StorageIdentity fresh = StorageIdentity.fresh(settings);
        Directories.deleteTree(settings.storage().resolve(group.getUuid().toString()));
        fresh.write(settings.storage());
        return fresh;
    }

    private StorageIdentity recoverable(StorageIdentity stored) throws RaftStorageRefused {
        String directory = group.getUuid().toString();
        if (!Files.isDirectory(settings.storage().resolve(directory))) {
            throw new RaftStorageRefused("Raft storage " + settings.storage() + " of node " + settings.self()
                    + " has lost its log: found no directory '" + directory + "', expected it beside "
                    + StorageIdentity.FILE
                    + "; next step: restore the directory, or empty it to let the node start from"
                    + " nothing as a new member");
        }
        return stored;
    }

    private RaftServer build(RaftProperties properties, boolean recover) throws IOException {
        List<RaftPeer> peers = settings.peers().stream().map(RaftNode::peer).toList();
        link.learn(peers);
        return RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(settings.self()))
                .setGroup(RaftGroup.valueOf(group, peers))
                .setStateMachine(machine)
                .setOption(recover ? RaftStorage.StartupOption.RECOVER : RaftStorage.StartupOption.FORMAT)
                .setProperties(properties)
                .setParameters(new Parameters())
                .build();
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
     * Asks the leader, wherever it is; see {@link ReplicatedMachine#query}. The answer reflects every proposal answered
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
     * @return true; fails when the peer did not take it; also with {@link MessageTooLarge} or {@link RaftNodeStopped}
     */
    public CompletableFuture<Boolean> tell(String peer, byte[] message) {
        Optional<CompletableFuture<byte[]>> refused = tooLarge("message", message);
        if (refused.isPresent()) {
            return refused.get().thenApply(never -> false);
        }
        if (stopped.isDone()) {
            return CompletableFuture.failedFuture(new RaftNodeStopped(stopped.join()));
        }
        return toPeer(peer, message).thenApply(reply -> {
            if (!reply.isSuccess()) {
                throw new IllegalStateException("Peer " + peer + " did not take a message: " + reply.getException());
            }
            return true;
        });
    }

    /** Who leads, as this peer sees it now. */
    public Leadership leadership() {
        if (!started || stopped.isDone()) {
            return new Leadership.Leaderless(0);
        }
        DivisionInfo info = division.getInfo();
        long term = info.getCurrentTerm();
        boolean leads = info.isLeader();
        RaftPeerId leader = info.getLeaderId();
        if (info.getCurrentTerm() != term || leader == null) {
            return new Leadership.Leaderless(term);
        }
        if (!leader.equals(division.getId())) {
            return leads ? new Leadership.Leaderless(term) : new Leadership.Following(leader.toString(), term);
        }
        TermIndex applied = machine.getLastAppliedTermIndex();
        return leads && applied != null && applied.getTerm() == term
                ? new Leadership.Leading(term)
                : new Leadership.Leaderless(term);
    }

    /** Name of the leading node, as this peer sees it; empty if it knows none. */
    public Optional<String> leader() {
        return switch (leadership()) {
            case Leadership.Leading leading -> Optional.of(settings.self());
            case Leadership.Following following -> Optional.of(following.leader());
            case Leadership.Leaderless leaderless -> Optional.empty();
        };
    }

    /** Raft term this peer is in. */
    public long term() {
        return division.getInfo().getCurrentTerm();
    }

    /** Index of the last entry in this peer's log, committed or not; -1 if it has none. */
    public long lastLogIndex() {
        TermIndex last = division.getRaftLog().getLastEntryTermIndex();
        return last == null ? -1 : last.getIndex();
    }

    /** Index of the last entry applied to this peer's machine; -1 if none. */
    public long lastAppliedIndex() {
        return division.getInfo().getLastAppliedIndex();
    }

    /** Random text made when this peer's storage was formatted: another one means that the storage was emptied. */
    public String storageIncarnation() {
        return identity.incarnation();
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
        return CompletableFuture.supplyAsync(() -> transfer(RaftPeerId.valueOf(toPeer)), this::runTask)
                .exceptionally(failure -> {
                    log.info("Raft leadership was not transferred to {}: {}", toPeer, failure.toString());
                    return false;
                });
    }

    private boolean transfer(RaftPeerId to) {
        RaftPeerId leader = division.getInfo().getLeaderId();
        if (leader == null) {
            return false;
        }
        TransferLeadershipRequest request = new TransferLeadershipRequest(
                link.client(),
                leader,
                group,
                link.nextCall(),
                to,
                settings.timings().electionMax().toMillis());
        try {
            RaftClientReply reply =
                    leader.equals(division.getId()) ? server.transferLeadership(request) : link.sendBlocking(request);
            if (!reply.isSuccess()) {
                log.info("Raft leadership was not transferred to {}: {}", to, String.valueOf(reply.getException()));
            }
            return reply.isSuccess();
        } catch (IOException failure) {
            log.info("Raft leadership was not transferred to {}: {}", to, failure.toString());
            return false;
        }
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
        answer.whenComplete((done, failure) -> calls.release());
        stopped.thenAccept(reason -> answer.completeExceptionally(new RaftNodeStopped(reason)));
        return answer;
    }

    private CompletableFuture<Long> termOf(String peer) {
        return toPeer(peer, new byte[0]).thenApply(reply -> {
            if (!reply.isSuccess()) {
                throw new IllegalStateException("Peer " + peer + " did not tell its term: " + reply.getException());
            }
            return ByteBuffer.wrap(reply.getMessage().getContent().toByteArray())
                    .getLong();
        });
    }

    /** Past the log, to this one peer, whoever leads. */
    private CompletableFuture<RaftClientReply> toPeer(String peer, byte[] message) {
        return link.send(link.request(
                RaftPeerId.valueOf(peer),
                link.nextCall(),
                RaftClientRequest.staleReadRequestType(0),
                RatisMachine.message(message)));
    }

    private void announceLeadership() {
        try {
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
    }

    /** Stops the peer; what it has is on disk already. Proposals and queries under way fail with {@link RaftNodeStopped}. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        stopBecause("closed");
        try {
            server.close();
        } catch (IOException failure) {
            log.warn("Raft server of {} did not close: {}", settings.own(), failure.toString());
        }
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

    private static RaftGroupId groupId(String cluster) {
        return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(cluster.getBytes(StandardCharsets.UTF_8)));
    }

    private static RaftPeer peer(RaftPeerAddress address) {
        return RaftPeer.newBuilder()
                .setId(address.node())
                .setAddress(address.host() + ":" + address.port())
                .build();
    }

    private final class MachineSurroundings implements RatisMachine.Surroundings {
        @Override
        public MachineHost host() {
            return host;
        }

        @Override
        public QuorumRounds rounds() {
            return rounds;
        }

        @Override
        public Leadership leadershipNow() {
            return leadership();
        }

        @Override
        public long term() {
            return RaftNode.this.term();
        }

        @Override
        public void leadershipMayHaveChanged() {
            try {
                machineThread.execute(RaftNode.this::announceLeadership);
            } catch (RejectedExecutionException closed) {
                log.debug("Not told after closing", closed);
            }
        }

        @Override
        public void stoppedByItself(String reason) {
            stopBecause(reason);
        }
    }

    private final class CallSurroundings implements LeaderCall.Node {
        @Override
        public @Nullable RaftPeerId leader() {
            return division.getInfo().getLeaderId();
        }

        @Override
        public CompletableFuture<RaftClientReply> send(RaftClientRequest request) {
            if (!request.getServerId().equals(division.getId())) {
                return link.send(request);
            }
            try {
                return server.submitClientRequestAsync(request);
            } catch (IOException | RuntimeException failure) {
                return CompletableFuture.failedFuture(failure);
            }
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
