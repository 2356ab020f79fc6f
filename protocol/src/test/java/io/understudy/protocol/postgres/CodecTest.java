package io.understudy.protocol.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodecTest {
    private static final int SMALL_BODY_BYTES = 1 << 10;
    private static final int MUTATIONS = 20_000;

    @Test
    void everyMessageOfAServerComesBackAsItWas() {
        BackendDecoder decoder = new BackendDecoder();
        for (BackendMessage message : Samples.backend()) {
            assertThat(decoder.decode(message.encode())).contains(message);
        }
    }

    @Test
    void everyMessageOfAClientComesBackAsItWas() {
        FrontendDecoder decoder = new FrontendDecoder();
        assertThat(decoder.decode(Samples.startup().encode())).contains(Samples.startup());
        for (FrontendMessage message : Samples.frontend()) {
            assertThat(decoder.decode(message.encode())).contains(message);
        }
    }

    @Test
    void aServersMessagesArriveAByteAtATime() {
        BackendDecoder decoder = new BackendDecoder();
        List<BackendMessage> found = new ArrayList<>();
        ByteBuffer bytes = joined(Samples.backend());
        while (bytes.hasRemaining()) {
            decoder.decode(ByteBuffer.wrap(new byte[] {bytes.get()})).ifPresent(found::add);
        }
        assertThat(found).isEqualTo(Samples.backend());
    }

    @Test
    void aClientsMessagesArriveAByteAtATime() {
        List<FrontendMessage> sent = new ArrayList<>(Samples.frontend());
        sent.addFirst(Samples.startup());
        FrontendDecoder decoder = new FrontendDecoder();
        List<FrontendMessage> found = new ArrayList<>();
        ByteBuffer bytes = joined(sent);
        while (bytes.hasRemaining()) {
            decoder.decode(ByteBuffer.wrap(new byte[] {bytes.get()})).ifPresent(found::add);
        }
        assertThat(found).isEqualTo(sent);
    }

    @Test
    void manyMessagesInOneBufferAreTakenOneByOne() {
        BackendDecoder decoder = new BackendDecoder();
        ByteBuffer bytes = joined(Samples.backend());
        for (BackendMessage expected : Samples.backend()) {
            assertThat(decoder.decode(bytes)).contains(expected);
        }
        assertThat(bytes.hasRemaining()).isFalse();
        assertThat(decoder.decode(bytes)).isEmpty();
    }

    @Test
    void aBodyOfTheLargestSizePassesAndOneByteMoreIsRefused() {
        CopyData largest = new CopyData(Octets.copyOf(new byte[SMALL_BODY_BYTES]));
        assertThat(new BackendDecoder(SMALL_BODY_BYTES).decode(largest.encode()))
                .contains(largest);
        BackendDecoder decoder = new BackendDecoder(SMALL_BODY_BYTES);
        ByteBuffer oversize = new CopyData(Octets.copyOf(new byte[SMALL_BODY_BYTES + 1])).encode();
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> decoder.decode(oversize))
                .withMessageContainingAll("'d'", "1025", "1024");
        assertThatExceptionOfType(MalformedMessageException.class)
                .as("a decoder that lost its place stays lost")
                .isThrownBy(() -> decoder.decode(new CopyDone().encode()));
    }

    @Test
    void lengthsThatCanNotBeAreRefusedBeforeAnyBody() {
        for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 3, Integer.MAX_VALUE}) {
            ByteBuffer header =
                    ByteBuffer.allocate(5).put((byte) 'Z').putInt(length).flip();
            assertThatExceptionOfType(MalformedMessageException.class)
                    .isThrownBy(() -> new BackendDecoder().decode(header))
                    .withMessageContaining("'Z'");
        }
    }

    @Test
    void bodiesThatEndEarlyOrLateAreRefused() {
        refused('Z', new byte[0], "transaction status needs 1 bytes, 0 are left");
        refused('Z', new byte[] {'I', 0}, "1 bytes are left over");
        refused('Z', new byte[] {'Q'}, "transaction status is 81");
        refused('C', new byte[] {'O', 'K'}, "no terminating zero byte");
        refused('D', new byte[] {0, 1, 0, 0, 0, 9, 1}, "column needs 9 bytes, 1 are left");
        refused('D', new byte[] {0, 1, -1, -1, -1, -2}, "column needs -2 bytes");
        refused('D', new byte[] {-1, -1}, "number of columns is -1");
        refused('T', new byte[] {0x7f, -1}, "number of columns is 32767");
        refused('H', new byte[] {2, 0, 0}, "format is 2");
        refused('E', new byte[] {0}, "is missing");
        refused('v', new byte[] {0, 0, 0, 0, 0, 0, 0, 2}, "2 options are announced, 0 found");
        refused('?', new byte[0], "unknown type '?'");
        refused('\1', new byte[0], "unknown type 0x01");
    }

    @Test
    void aMutatedStreamIsDecodedOrRefusedAndNeverAnythingElse() {
        Random random = new Random(20_260_101);
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            BackendMessage original =
                    Samples.backend().get(random.nextInt(Samples.backend().size() - 2));
            ByteBuffer bytes = original.encode();
            for (int n = random.nextInt(3); n >= 0; n--) {
                bytes.put(random.nextInt(bytes.limit()), (byte) random.nextInt(256));
            }
            try {
                Optional<BackendMessage> found = new BackendDecoder(SMALL_BODY_BYTES).decode(bytes);
                found.ifPresent(message -> assertThat(new BackendDecoder().decode(message.encode()))
                        .contains(message));
            } catch (MalformedMessageException _) {
                refused++;
            }
        }
        assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS);
    }

    @Test
    void aMutatedStartUpMessageIsDecodedOrRefusedAndNeverAnythingElse() {
        Random random = new Random(20_260_102);
        for (int i = 0; i < MUTATIONS; i++) {
            ByteBuffer bytes = Samples.startup().encode();
            bytes.put(random.nextInt(bytes.limit()), (byte) random.nextInt(256));
            try {
                new FrontendDecoder()
                        .decode(bytes)
                        .ifPresent(message -> assertThat(new FrontendDecoder().decode(message.encode()))
                                .contains(message));
            } catch (MalformedMessageException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void textWithAZeroCharacterIsNotSent() {
        assertThatIllegalArgumentException().isThrownBy(() -> new FrontendMessage.Query("a\0b").encode());
    }

    @Test
    void anErrorReadsAsOneLineWithItsCodeDetailAndHint() {
        MessageFields fields = new MessageFields(Map.of('S', "ERREUR", 'V', "ERROR", 'C', "42710", 'M', "exists"));
        assertThat(fields).hasToString("ERROR 42710: exists");
        assertThat(fields.detail()).isEmpty();
        assertThat(((BackendMessage.ErrorResponse) Samples.backend().get(8)).fields())
                .hasToString("FATAL 28P01: password authentication failed for user \"b\" (detail) [hint: hint]");
    }

    private static void refused(char type, byte[] body, String message) {
        ByteBuffer frame = ByteBuffer.allocate(5 + body.length)
                .put((byte) type)
                .putInt(4 + body.length)
                .put(body)
                .flip();
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> new BackendDecoder().decode(frame))
                .withMessageContaining(message);
    }

    private static ByteBuffer joined(List<? extends Message> messages) {
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        messages.forEach(message -> all.put(message.encode()));
        return all.flip();
    }
}
