package io.understudy.coordination.ratis;

import io.understudy.coordination.ratis.Envelope.Outcome;
import io.understudy.coordination.ratis.ReplicatedMachine.Heard;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Ratis' view of the machine. Entries are applied on Ratis' updater thread, queries on {@code machineThread}; {@link
 * MachineHost} serialises both.
 */
final class RatisMachine extends BaseStateMachine {
    /** What this class needs of the node around it. */
    interface Surroundings {
        MachineHost host();

        QuorumRounds rounds();

        Leadership leadershipNow();

        long term();

        /** Something may have changed about who leads. Called inside locks of Ratis: must not block. */
        void leadershipMayHaveChanged();

        void stoppedByItself(String reason);
    }

    private final Surroundings node;
    private final Executor machineThread;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();

    RatisMachine(Surroundings node, Executor machineThread) {
        this.node = node;
        this.machineThread = machineThread;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage) throws IOException {
        super.initialize(server, group, raftStorage);
        getLifeCycle().startAndTransition(() -> {
            storage.init(raftStorage);
            restoreLatest();
        });
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        storage.loadLatestSnapshot();
        restoreLatest();
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        byte[] envelope = entry.getStateMachineLogEntry().getLogData().toByteArray();
        byte[] answer = node.host().apply(entry.getTerm(), envelope);
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(message(answer));
    }

    @Override
    public CompletableFuture<Message> query(Message request) {
        if (!(node.leadershipNow() instanceof Leadership.Leading leading)) {
            return CompletableFuture.completedFuture(message(Envelope.answer(Outcome.NOT_LEADING, "not leading")));
        }
        byte[] bytes = request.getContent().toByteArray();
        return CompletableFuture.supplyAsync(() -> node.host().hear(leading.term(), bytes), machineThread)
                .thenCompose(heard -> proof(leading.term(), heard)
                        .handle((proof, failure) -> failure)
                        .thenApplyAsync(
                                failure -> message(answer(leading.term(), heard.answer(), failure)), machineThread));
    }

    private CompletableFuture<@Nullable Void> proof(long term, Heard heard) {
        return heard.patient()
                ? node.rounds().confirmPatiently(term)
                : node.rounds().confirm(term);
    }

    private static byte[] answer(long term, Supplier<byte[]> answer, @Nullable Throwable unproven) {
        return unproven == null
                ? answer.get()
                : Envelope.answer(Outcome.NOT_LEADING, "no majority confirmed term " + term + ": " + unproven);
    }

    /** Another peer's {@link QuorumRounds} ask for the term of this one, or it tells something: then there is a message. */
    @Override
    public CompletableFuture<Message> queryStale(Message request, long minIndex) {
        if (!request.getContent().isEmpty()) {
            byte[] told = request.getContent().toByteArray();
            machineThread.execute(() -> node.host().told(told));
        }
        byte[] term = ByteBuffer.allocate(Long.BYTES).putLong(node.term()).array();
        return CompletableFuture.completedFuture(message(term));
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied = getLastAppliedTermIndex();
        byte[] state = node.host().snapshot();
        File file = storage.getSnapshotFile(applied.getTerm(), applied.getIndex());
        writeDurably(file.toPath(), state);
        MD5Hash digest = MD5FileUtil.computeAndSaveMd5ForFile(file);
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file.toPath(), digest), applied));
        return applied.getIndex();
    }

    private void restoreLatest() throws IOException {
        SingleFileSnapshotInfo latest = storage.getLatestSnapshot();
        if (latest == null) {
            return;
        }
        Path file = latest.getFile().getPath();
        if (latest.getFile().getFileDigest() != null) {
            MD5FileUtil.verifySavedMD5(file.toFile(), latest.getFile().getFileDigest());
        }
        node.host().restore(Files.readAllBytes(file));
        setLastAppliedTermIndex(latest.getTermIndex());
    }

    private static void writeDurably(Path file, byte[] bytes) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static Message message(byte[] bytes) {
        ByteString content = UnsafeByteOperations.unsafeWrap(bytes);
        return Message.valueOf(content);
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId self, RaftPeerId leader) {
        node.leadershipMayHaveChanged();
    }

    @Override
    public void notifyLeaderReady() {
        node.leadershipMayHaveChanged();
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        node.leadershipMayHaveChanged();
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        super.notifyTermIndexUpdated(term, index);
        node.leadershipMayHaveChanged();
    }

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        node.leadershipMayHaveChanged();
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
        node.stoppedByItself("the Raft log could not be written: " + cause);
    }

    @Override
    public void notifyServerShutdown(RoleInfoProto role, boolean all) {
        node.stoppedByItself("Ratis shut its server down");
    }
}
