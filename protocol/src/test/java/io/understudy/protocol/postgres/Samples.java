package io.understudy.protocol.postgres;

import io.understudy.protocol.postgres.BackendMessage.TransactionStatus;
import io.understudy.protocol.postgres.CopyLayout.Format;
import io.understudy.protocol.postgres.RowDescription.Column;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** At least one message of each kind, and the edges of each. */
final class Samples {
    private Samples() {}

    static FrontendMessage.Startup startup() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("user", "postgres");
        parameters.put("replication", "true");
        parameters.put("application_name", "nœud \"b\"");
        return new FrontendMessage.Startup(parameters);
    }

    static List<FrontendMessage> frontend() {
        return List.of(
                FrontendMessage.AuthenticationResponse.saslInitial("SCRAM-SHA-256", "n,,n=,r=abc"),
                FrontendMessage.AuthenticationResponse.sasl("c=biws,r=abc,p=xyz"),
                new FrontendMessage.Query("IDENTIFY_SYSTEM"),
                new FrontendMessage.Query(""),
                new FrontendMessage.CopyFail("no more room"),
                new FrontendMessage.Terminate(),
                new CopyData(Octets.utf8("data")),
                new CopyData(Octets.EMPTY),
                new CopyDone());
    }

    static List<BackendMessage> backend() {
        return List.of(
                new Authentication.Ok(),
                new Authentication.CleartextPassword(),
                new Authentication.Md5Password(Octets.copyOf(new byte[] {0, -1, 2, 3})),
                new Authentication.Sasl(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")),
                new Authentication.Sasl(List.of()),
                new Authentication.SaslContinue(Octets.utf8("r=abc,s=QQ==,i=4096")),
                new Authentication.SaslFinal(Octets.utf8("v=abc=")),
                new Authentication.Other(7, Octets.EMPTY),
                new BackendMessage.ErrorResponse(fields()),
                new BackendMessage.NoticeResponse(MessageFields.of("NOTICE", "00000", "all is well")),
                new BackendMessage.ParameterStatus("server_version", "18.6"),
                new BackendMessage.BackendKeyData(-42, Octets.copyOf(new byte[] {1, 2, 3, 4})),
                new BackendMessage.BackendKeyData(42, Octets.copyOf(new byte[256])),
                new BackendMessage.ReadyForQuery(TransactionStatus.IDLE),
                new BackendMessage.ReadyForQuery(TransactionStatus.IN_TRANSACTION),
                new BackendMessage.ReadyForQuery(TransactionStatus.FAILED),
                new RowDescription(List.of(
                        new Column("systemid", 0, (short) 0, 25, (short) -1, -1, Format.TEXT),
                        new Column("raw", 16_384, (short) 2, 17, (short) -1, 4, Format.BINARY))),
                new RowDescription(List.of()),
                new DataRow(Arrays.asList(Octets.utf8("7310"), null, Octets.EMPTY)),
                new DataRow(List.of()),
                new BackendMessage.CommandComplete("SELECT 1"),
                new BackendMessage.EmptyQueryResponse(),
                new BackendMessage.CopyInResponse(new CopyLayout(Format.BINARY, List.of(Format.TEXT, Format.BINARY))),
                new BackendMessage.CopyOutResponse(CopyLayout.TEXT_WITHOUT_COLUMNS),
                new BackendMessage.CopyBothResponse(CopyLayout.TEXT_WITHOUT_COLUMNS),
                new BackendMessage.NegotiateProtocolVersion(0, List.of("_pq_.unknown")),
                new CopyData(Octets.copyOf(new byte[70_000])),
                new CopyDone());
    }

    private static MessageFields fields() {
        Map<Character, String> fields = new LinkedHashMap<>();
        fields.put('S', "FATAL");
        fields.put('V', "FATAL");
        fields.put('C', "28P01");
        fields.put('M', "password authentication failed for user \"b\"");
        fields.put('D', "detail");
        fields.put('H', "hint");
        return new MessageFields(fields);
    }
}
