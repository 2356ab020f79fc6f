package io.understudy.coordination.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.GroupListRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftClientRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.SetConfigurationRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.RaftProtos.TransferLeadershipRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

class ForThisLifeTest {
    private static final RaftRpcRequestProto TO_N2 = RaftRpcRequestProto.newBuilder()
            .setReplyId(ByteString.copyFromUtf8("n2"))
            .build();

    @Test
    void theAddresseeOfEveryMessageOfRatisIsKnown() {
        for (Object message : new Object[] {
            RequestVoteRequestProto.newBuilder().setServerRequest(TO_N2).build(),
            AppendEntriesRequestProto.newBuilder().setServerRequest(TO_N2).build(),
            InstallSnapshotRequestProto.newBuilder().setServerRequest(TO_N2).build(),
            StartLeaderElectionRequestProto.newBuilder().setServerRequest(TO_N2).build(),
            RaftClientRequestProto.newBuilder().setRpcRequest(TO_N2).build(),
            SetConfigurationRequestProto.newBuilder().setRpcRequest(TO_N2).build(),
            TransferLeadershipRequestProto.newBuilder().setRpcRequest(TO_N2).build(),
            GroupListRequestProto.newBuilder().setRpcRequest(TO_N2).build()
        }) {
            assertThat(ForThisLife.addressee(message))
                    .as(message.getClass().getSimpleName())
                    .isEqualTo("n2");
        }
    }

    @Test
    void ourOwnQuestionsAreForWhomeverAnswers() {
        assertThat(ForThisLife.addressee(new byte[0])).isNull();
    }
}
