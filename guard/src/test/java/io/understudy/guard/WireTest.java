package io.understudy.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WireTest {
    private static final Fence FENCE = new Fence(9, Fence.Cause.CLOCK_JUMP, -5, 77, OptionalLong.of(88));
    private static final ServerCommand COMMAND = new ServerCommand(
            List.of("/bin/postgres", "-D", "/data/größe", ""),
            Path.of("/data"),
            Path.of("/log"),
            "postgres",
            Map.of("LANG", "C"));

    private static final List<Request> REQUESTS = List.of(
            new Request.Hello(1),
            new Request.Start(COMMAND),
            new Request.Start(ServerCommand.of(List.of("/bin/sh"), Path.of("/"), Path.of("/l"))),
            new Request.Signal(ServerSignal.FAST_STOP),
            new Request.SignalChild(4711, ChildSignal.CONTINUE),
            new Request.Kill(),
            new Request.Arm(3, Long.MIN_VALUE),
            new Request.Extend(3, Long.MAX_VALUE),
            new Request.Shorten(3, 1),
            new Request.Disarm(3),
            new Request.Status(),
            new Request.Exit());

    private static final List<Reply> REPLIES = List.of(
            new Reply.Welcome(1, 2, 3),
            new Reply.Done(),
            new Reply.Started(17),
            new Reply.StatusIs(new GuardStatus(1, new ServerState.NeverStarted(), null, 0, null)),
            new Reply.StatusIs(new GuardStatus(1, new ServerState.Running(2), new GuardStatus.Arming(3, 4), 5, FENCE)),
            new Reply.StatusIs(new GuardStatus(1, new ServerState.Stopping(2, null), null, 0, null)),
            new Reply.StatusIs(
                    new GuardStatus(1, new ServerState.Stopping(2, new ServerExit.Signalled(9)), null, 0, null)),
            new Reply.StatusIs(
                    new GuardStatus(1, new ServerState.Gone(2, new ServerExit.Returned(255)), null, 0, null)),
            new Reply.Refused(Refusal.BAD_COMMAND, "no such program"));

    private static final List<GuardEvent> EVENTS = List.of(
            new GuardEvent.ServerExited(1, new ServerExit.Returned(1)),
            new GuardEvent.AllGone(1, new ServerExit.Signalled(11)),
            new GuardEvent.Fenced(FENCE),
            new GuardEvent.Fenced(new Fence(1, Fence.Cause.DEADLINE, 2, 3, OptionalLong.empty())));

    private static ByteBuffer body(ByteBuffer frame) {
        assertThat(frame.getInt()).isEqualTo(frame.remaining());
        return frame.slice();
    }

    private static List<ByteBuffer> everyAnswer() {
        List<ByteBuffer> frames = new ArrayList<>();
        REPLIES.forEach(reply -> frames.add(Wire.encode(8, reply)));
        EVENTS.forEach(event -> frames.add(Wire.encode(event)));
        return frames;
    }

    @Test
    void everythingReadsBackAsItWasWritten() throws Exception {
        for (Request request : REQUESTS) {
            assertThat(Wire.decodeRequest(body(Wire.encode(5, request)))).isEqualTo(new Wire.Frame<>(5, request));
        }
        for (Reply reply : REPLIES) {
            assertThat(Wire.decodeAnswer(body(Wire.encode(6, reply)))).isEqualTo(new Wire.Frame<Object>(6, reply));
        }
        for (GuardEvent event : EVENTS) {
            assertThat(Wire.decodeAnswer(body(Wire.encode(event)))).isEqualTo(new Wire.Frame<Object>(0, event));
        }
    }

    @Test
    void aFrameCutAnywhereIsMalformed() {
        for (Request request : REQUESTS) {
            ByteBuffer body = body(Wire.encode(5, request));
            for (int length = 0; length < body.limit(); length++) {
                ByteBuffer cut = body.slice(0, length);
                assertThatThrownBy(() -> Wire.decodeRequest(cut)).isInstanceOf(Wire.MalformedException.class);
            }
        }
        for (ByteBuffer frame : everyAnswer()) {
            ByteBuffer body = body(frame);
            for (int length = 0; length < body.limit(); length++) {
                ByteBuffer cut = body.slice(0, length);
                assertThatThrownBy(() -> Wire.decodeAnswer(cut)).isInstanceOf(Wire.MalformedException.class);
            }
        }
    }

    @Test
    void bytesAfterTheLastFieldAreMalformed() {
        ByteBuffer body = body(Wire.encode(5, new Request.Kill()));
        ByteBuffer longer = ByteBuffer.allocate(body.limit() + 1).put(body).rewind();
        assertThatThrownBy(() -> Wire.decodeRequest(longer)).isInstanceOf(Wire.MalformedException.class);
    }

    @Test
    void damagedFramesAreReadOrMalformedAndNothingElse() {
        Random random = new Random(20260101);
        for (int round = 0; round < 50_000; round++) {
            ByteBuffer body = body(Wire.encode(5, REQUESTS.get(random.nextInt(REQUESTS.size()))));
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                body.put(random.nextInt(body.limit()), (byte) random.nextInt());
            }
            try {
                assertThat(Wire.decodeRequest(body).body()).isNotNull();
            } catch (Wire.MalformedException malformed) {
                assertThat(malformed).hasMessageMatching("(?s).+");
            }
        }
    }

    @Test
    void aCommandThatDoesNotFitIsRefusedBeforeItIsSent() {
        ServerCommand tooLong =
                ServerCommand.of(List.of("/bin/sh", "x".repeat(Wire.MAX_FRAME_BYTES)), Path.of("/"), Path.of("/l"));
        assertThatThrownBy(() -> Wire.encode(1, new Request.Start(tooLong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shorten it");
        ServerCommand tooMany =
                ServerCommand.of(Collections.nCopies(Wire.MAX_ARGUMENTS + 1, "/bin/sh"), Path.of("/"), Path.of("/l"));
        assertThatThrownBy(() -> Wire.encode(1, new Request.Start(tooMany)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theLongestRefusalFitsIntoAFrame() throws Exception {
        Reply.Refused refused = new Reply.Refused(Refusal.MALFORMED, "€".repeat(Wire.MAX_FRAME_BYTES));
        assertThat(Wire.decodeAnswer(body(Wire.encode(1, refused))).body()).isEqualTo(refused);
    }
}
