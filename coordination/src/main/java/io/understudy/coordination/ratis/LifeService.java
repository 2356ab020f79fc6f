package io.understudy.coordination.ratis;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;

/**
 * Answers what life this node's storage is in. Beside Raft on the same port once the peer takes part; alone there while
 * the node does not know yet whether there is a group.
 */
final class LifeService {
    static final int LARGEST_MESSAGE_BYTES = 64 * 1024;
    private static final long LONGEST_CLOSE_SECONDS = 5;
    private static final String NAME = "understudy.Ledger";

    static final MethodDescriptor<byte[], byte[]> ASK = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(NAME, "Life"))
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private LifeService() {}

    static ServerServiceDefinition answering(Supplier<LifeAnswer> answer) {
        return ServerServiceDefinition.builder(NAME)
                .addMethod(ASK, ServerCalls.asyncUnaryCall((question, reply) -> {
                    reply.onNext(answer.get().encoded());
                    reply.onCompleted();
                }))
                .build();
    }

    /** Listens alone until closed; the port is free again then. */
    static AutoCloseable listen(RaftPeerAddress own, Supplier<LifeAnswer> answer) throws IOException {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(own.host(), own.port()))
                .maxInboundMessageSize(LARGEST_MESSAGE_BYTES)
                .addService(answering(answer))
                .build()
                .start();
        return () -> {
            server.shutdownNow();
            if (!server.awaitTermination(LONGEST_CLOSE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(own + " was still in use after " + LONGEST_CLOSE_SECONDS + " s");
            }
        };
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
