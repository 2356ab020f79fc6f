package io.understudy.coordination.ratis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.SizeInBytes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This node's Raft server in its group, in one life of its storage; and the group as that server knows it. */
final class LocalPeer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LocalPeer.class);

    private final RaftSettings settings;
    private final RatisMachine machine;
    private final RaftServer server;
    private final RaftServer.Division division;
    private @Nullable RaftConfiguration followed;
    private Voters announced = Voters.of(Set.of());

    /**
     * Builds the server on its formatted storage; it takes part in nothing before {@link #start}.
     *
     * @param answer what to say of the storage's life
     */
    static LocalPeer build(
            RaftSettings settings, StorageIdentity identity, RatisMachine machine, Supplier<LifeAnswer> answer)
            throws IOException {
        RaftGroupId group = RatisProperties.groupId(settings.cluster());
        // What the log or the snapshot says of the group comes before this; a later life is in the group only by these.
        List<RaftPeer> peers = PeerNames.isLater(identity.peer())
                ? List.of()
                : settings.peers().stream()
                        .map(address -> peer(address.node(), address))
                        .toList();
        Parameters parameters = new Parameters();
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters,
                (builder, types) ->
                        builder.intercept(new ForThisLife(identity.peer())).addService(LifeService.answering(answer)));
        RaftServer server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(identity.peer()))
                .setGroup(RaftGroup.valueOf(group, peers))
                .setStateMachine(machine)
                .setOption(RaftStorage.StartupOption.RECOVER)
                .setProperties(RatisProperties.of(settings))
                .setParameters(parameters)
                .build();
        try {
            return new LocalPeer(settings, machine, server, server.getDivision(group));
        } catch (IOException | RuntimeException failure) {
            server.close();
            throw failure;
        }
    }

    /** Makes an empty log, without a vote. What an interrupted formatting left is removed. */
    static void format(RaftSettings settings) throws IOException {
        Path directory = RatisProperties.groupDirectory(settings);
        Directories.deleteTree(directory);
        Files.createDirectories(directory);
        try (RaftStorage storage = RaftStorage.newBuilder()
                .setDirectory(directory.toFile())
                .setOption(RaftStorage.StartupOption.FORMAT)
                .setStorageFreeSpaceMin(SizeInBytes.valueOf(0))
                .build()) {
            storage.initialize();
        }
    }

    /** Whether there is a log with its vote. */
    static boolean isFormatted(RaftSettings settings) {
        return Files.isRegularFile(
                RatisProperties.groupDirectory(settings).resolve("current").resolve("raft-meta"));
    }

    private LocalPeer(RaftSettings settings, RatisMachine machine, RaftServer server, RaftServer.Division division) {
        this.settings = settings;
        this.machine = machine;
        this.server = server;
        this.division = division;
    }

    void start() throws IOException {
        server.start();
    }

    static RaftPeer peer(String name, RaftPeerAddress address) {
        return RaftPeer.newBuilder()
                .setId(name)
                .setAddress(address.host() + ":" + address.port())
                .build();
    }

    RaftPeerId id() {
        return division.getId();
    }

    String name() {
        return division.getId().toString();
    }

    /** Who leads, as this peer sees it now. */
    Leadership leadership() {
        DivisionInfo info = division.getInfo();
        long term = info.getCurrentTerm();
        boolean leads = info.isLeader();
        RaftPeerId leader = info.getLeaderId();
        if (info.getCurrentTerm() != term || leader == null) {
            return new Leadership.Leaderless(term);
        }
        if (!leader.equals(division.getId())) {
            return leads ? new Leadership.Leaderless(term) : new Leadership.Following(PeerNames.node(leader), term);
        }
        TermIndex applied = machine.getLastAppliedTermIndex();
        return leads && applied != null && applied.getTerm() == term
                ? new Leadership.Leading(term)
                : new Leadership.Leaderless(term);
    }

    @Nullable
    RaftPeerId leader() {
        return division.getInfo().getLeaderId();
    }

    long term() {
        return division.getInfo().getCurrentTerm();
    }

    long lastLogIndex() {
        TermIndex last = division.getRaftLog().getLastEntryTermIndex();
        return last == null ? -1 : last.getIndex();
    }

    long lastAppliedIndex() {
        return division.getInfo().getLastAppliedIndex();
    }

    /** Who votes, by the newest configuration in this peer's log. */
    Voters voters() {
        return voters(division.getRaftConf());
    }

    private static Voters voters(RaftConfiguration configuration) {
        return new Voters(names(configuration.getCurrentPeers()), names(configuration.getPreviousPeers()));
    }

    private static Set<String> names(Collection<RaftPeer> peers) {
        return peers.stream().map(peer -> peer.getId().toString()).collect(Collectors.toUnmodifiableSet());
    }

    /** Lets {@code link} know the addresses of the group as it is now. */
    void introduce(PeerLink link) {
        link.learn(division.getRaftConf().getAllPeers());
    }

    /** The same, and logs when another peer votes. Called by one thread. */
    void follow(PeerLink link) {
        introduce(link);
        RaftConfiguration configuration = division.getRaftConf();
        if (configuration == followed) {
            return;
        }
        followed = configuration;
        Voters now = voters(configuration);
        if (!now.equals(announced)) {
            log.info("Raft peers that vote, as {} knows it: {} (was {})", name(), now, announced);
            announced = now;
        }
    }

    /** The peer that {@code node} is at present; empty if it is none. */
    Optional<RaftPeerId> peerOf(String node) {
        return division.getRaftConf().getCurrentPeers().stream()
                .map(RaftPeer::getId)
                .filter(peer -> PeerNames.node(peer).equals(node))
                .findFirst();
    }

    /** Whether a majority agreed that this peer votes. */
    boolean isMember() {
        RaftConfiguration configuration = division.getRaftConf();
        return configuration.getPreviousPeers().isEmpty()
                && names(configuration.getCurrentPeers()).contains(name())
                && division.getRaftLog().getLastCommittedIndex() >= configuration.getLogEntryIndex();
    }

    /** What this peer says of its life and its group. */
    LifeAnswer answer(StorageIdentity identity) {
        return LifeAnswer.of(identity)
                .seeing(
                        voters().current().stream().sorted().toList(),
                        Optional.ofNullable(leader()).map(RaftPeerId::toString));
    }

    CompletableFuture<RaftClientReply> submit(RaftClientRequest request) {
        try {
            return server.submitClientRequestAsync(request);
        } catch (IOException | RuntimeException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** Asks the leader to hand over to the peer of {@code node}; blocks. False if that did not come about. */
    boolean transfer(PeerLink link, String node) {
        RaftPeerId leader = leader();
        Optional<RaftPeerId> to = peerOf(node);
        if (leader == null || to.isEmpty()) {
            return false;
        }
        Duration patience = settings.timings().electionMax();
        TransferLeadershipRequest request = new TransferLeadershipRequest(
                link.client(), leader, link.group(), link.nextCall(), to.get(), patience.toMillis());
        try {
            RaftClientReply reply =
                    leader.equals(id()) ? server.transferLeadership(request) : link.sendBlocking(request);
            if (!reply.isSuccess()) {
                log.info("Raft leadership was not transferred to {}: {}", node, String.valueOf(reply.getException()));
            }
            return reply.isSuccess();
        } catch (IOException failure) {
            log.info("Raft leadership was not transferred to {}: {}", node, failure.toString());
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
