package io.understudy.coordination.ratis;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;

/**
 * Requests from this node to single peers, each tried once. A connection is thrown away after any failure: Ratis closes
 * its stream for good even when a peer just says that it does not lead. It is also thrown away so that
 * neither its back-off (minutes in gRPC) nor what it has queued for a stopped peer outlives the peer's return.
 */
final class PeerLink implements AutoCloseable {
    private static final Duration RECONNECT_PAUSE = Duration.ofMillis(100);

    private final RaftClientRpc rpc;
    private final ClientId client;
    private final RaftGroupId group;
    private final Executor reconnecting;
    private final AtomicLong calls = new AtomicLong();
    private final Map<RaftPeerId, Long> reconnectedNanos = new ConcurrentHashMap<>();

    /** @param reconnecting may block for seconds in a task */
    PeerLink(RaftClientRpc rpc, ClientId client, RaftGroupId group, Executor reconnecting) {
        this.rpc = rpc;
        this.client = client;
        this.group = group;
        this.reconnecting = reconnecting;
    }

    void learn(Collection<RaftPeer> peers) {
        rpc.addRaftPeers(peers);
    }

    ClientId client() {
        return client;
    }

    RaftGroupId group() {
        return group;
    }

    long nextCall() {
        return calls.incrementAndGet();
    }

    /** A request; the same {@code call} sent again is not applied twice. */
    RaftClientRequest request(RaftPeerId to, long call, RaftClientRequest.Type type, Message message) {
        return RaftClientRequest.newBuilder()
                .setClientId(client)
                .setServerId(to)
                .setGroupId(group)
                .setCallId(call)
                .setType(type)
                .setMessage(message)
                .build();
    }

    /** Sends to the peer named in the request; fails after one request timeout at the latest. */
    CompletableFuture<RaftClientReply> send(RaftClientRequest request) {
        return rpc.sendRequestAsyncUnordered(request).whenComplete((reply, failure) -> {
            if (failure != null) {
                reconnect(request.getServerId(), failure);
            }
        });
    }

    RaftClientReply sendBlocking(RaftClientRequest request) throws IOException {
        return rpc.sendRequest(request);
    }

    private void reconnect(RaftPeerId peer, Throwable failure) {
        long now = System.nanoTime();
        Long last = reconnectedNanos.get(peer);
        if (last != null && now - last < RECONNECT_PAUSE.toNanos()) {
            return;
        }
        boolean mine = last == null
                ? reconnectedNanos.putIfAbsent(peer, now) == null
                : reconnectedNanos.replace(peer, last, now);
        if (mine) {
            reconnecting.execute(() -> rpc.handleException(peer, failure, true));
        }
    }

    @Override
    public void close() throws IOException {
        rpc.close();
    }
}
