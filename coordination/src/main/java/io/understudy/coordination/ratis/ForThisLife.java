package io.understudy.coordination.ratis;

import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.Descriptors.FieldDescriptor;
import org.apache.ratis.thirdparty.com.google.protobuf.Message;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Lets through only what is addressed to this Raft peer. Ratis 3.3 compares the group of a message and not the peer it is
 * for: a new life at the address of a former one would answer in its name, and its acknowledgements and terms would be
 * counted as those of a voter that remembers.
 */
final class ForThisLife implements ServerInterceptor {
    private final String self;

    /** @param self name of this Raft peer */
    ForThisLife(String self) {
        this.self = self;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<Q>(next.startCall(call, headers)) {
            private boolean refused;

            @Override
            public void onMessage(Q message) {
                String addressee = refused ? null : addressee(message);
                if (addressee != null && !addressee.equals(self)) {
                    refused = true;
                    call.close(
                            Status.FAILED_PRECONDITION.withDescription(
                                    "This is Raft peer " + self + ", the message is for " + addressee),
                            new Metadata());
                } else if (!refused) {
                    super.onMessage(message);
                }
            }

            @Override
            public void onHalfClose() {
                if (!refused) {
                    super.onHalfClose();
                }
            }
        };
    }

    /** The peer that a message of Ratis names as its receiver; null if it is none of those. */
    static @Nullable String addressee(Object message) {
        if (!(message instanceof Message request)) {
            return null;
        }
        FieldDescriptor field = request.getDescriptorForType().findFieldByName("serverRequest");
        if (field == null) {
            field = request.getDescriptorForType().findFieldByName("rpcRequest");
        }
        return field != null && request.getField(field) instanceof RaftRpcRequestProto rpc
                ? rpc.getReplyId().toStringUtf8()
                : null;
    }
}
