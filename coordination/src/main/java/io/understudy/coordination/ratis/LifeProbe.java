package io.understudy.coordination.ratis;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.thirdparty.com.google.common.util.concurrent.ListenableFuture;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;

/** Asks the other nodes what lives their storages are in. */
final class LifeProbe {
    /** What came of asking: an answer, or why there is none. */
    record Asked(Map<String, LifeAnswer> answers, Map<String, String> silent) {}

    private final RaftSettings settings;

    LifeProbe(RaftSettings settings) {
        this.settings = settings;
    }

    /** Asks every other node once, all at the same time; blocks for one request timeout at the longest. */
    Asked askAll() throws InterruptedException {
        Map<String, LifeAnswer> answers = new TreeMap<>();
        Map<String, String> silent = new TreeMap<>();
        Map<String, ManagedChannel> channels = new LinkedHashMap<>();
        Map<String, ListenableFuture<byte[]>> asked = new LinkedHashMap<>();
        Duration patience = settings.timings().electionMax();
        try {
            for (RaftPeerAddress peer : settings.others()) {
                ManagedChannel channel = NettyChannelBuilder.forAddress(peer.host(), peer.port())
                        .usePlaintext()
                        .maxInboundMessageSize(LifeService.LARGEST_MESSAGE_BYTES)
                        .build();
                channels.put(peer.node(), channel);
                CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS);
                asked.put(
                        peer.node(),
                        ClientCalls.futureUnaryCall(channel.newCall(LifeService.ASK, options), new byte[0]));
            }
            for (Map.Entry<String, ListenableFuture<byte[]>> call : asked.entrySet()) {
                try {
                    // Twice the deadline only if gRPC does not keep its own.
                    byte[] bytes = call.getValue().get(2 * patience.toMillis(), TimeUnit.MILLISECONDS);
                    answers.put(call.getKey(), checked(call.getKey(), LifeAnswer.decoded(bytes)));
                } catch (ExecutionException | TimeoutException | IOException failure) {
                    silent.put(call.getKey(), words(failure));
                }
            }
        } finally {
            channels.values().forEach(ManagedChannel::shutdownNow);
        }
        return new Asked(answers, silent);
    }

    private LifeAnswer checked(String node, LifeAnswer answer) throws IOException {
        if (!answer.cluster().equals(settings.cluster()) || !answer.node().equals(node)) {
            throw new IOException("at its address node '" + answer.node() + "' of cluster '" + answer.cluster()
                    + "' answered, expected '" + node + "' of '" + settings.cluster() + "'");
        }
        return answer;
    }

    private static String words(Exception failure) {
        Throwable cause =
                failure instanceof ExecutionException && failure.getCause() != null ? failure.getCause() : failure;
        return String.valueOf(cause.getMessage());
    }
}
