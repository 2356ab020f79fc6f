package io.understudy.guard;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The guard's protocol: a frame is its length (4 bytes, what follows), a kind (1 byte), the id of the request it asks or answers (8 bytes, 0
 * for an event) and the fields in order. Numbers are big-endian; text is its length in bytes (4) and UTF-8; what may be absent has a byte 0 or 1
 * before it. Version 1.
 */
final class Wire {
    static final int VERSION = 1;
    static final int MAX_FRAME_BYTES = 64 * 1024;
    static final int HEADER_BYTES = 4;
    static final int MAX_ARGUMENTS = 1024;

    /** What every frame but a start request fits into. */
    private static final int MAX_SHORT_FRAME_BYTES = 4 * 1024;

    private static final int START = 2;
    private static final int MAGIC = 0x55474431;
    private static final int PREFIX_BYTES = 1 + 8;

    private Wire() {}

    /** A frame without its length. The body is one of the three sealed families. */
    record Frame<T>(long id, T body) {}

    /** The bytes are not a frame of this protocol. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    static ByteBuffer encode(long id, Request request) {
        return switch (request) {
            case Request.Hello it -> frame(id, 1, out -> out.putInt(MAGIC).putInt(it.version()));
            case Request.Start it -> frame(id, START, out -> putCommand(out, it.command()));
            case Request.Signal it ->
                frame(id, 3, out -> out.put((byte) it.signal().ordinal()));
            case Request.SignalChild it ->
                frame(id, 4, out -> out.putLong(it.pid()).put((byte) it.signal().ordinal()));
            case Request.Kill it -> frame(id, 5, out -> {});
            case Request.Arm it -> frame(id, 6, out -> out.putLong(it.epoch()).putLong(it.deadlineNanos()));
            case Request.Extend it ->
                frame(id, 7, out -> out.putLong(it.epoch()).putLong(it.deadlineNanos()));
            case Request.Shorten it ->
                frame(id, 8, out -> out.putLong(it.epoch()).putLong(it.deadlineNanos()));
            case Request.Disarm it -> frame(id, 9, out -> out.putLong(it.epoch()));
            case Request.Status it -> frame(id, 10, out -> {});
            case Request.Exit it -> frame(id, 11, out -> {});
        };
    }

    static ByteBuffer encode(long id, Reply reply) {
        return switch (reply) {
            case Reply.Welcome it ->
                frame(
                        id,
                        64,
                        out -> out.putInt(it.version()).putLong(it.guardPid()).putLong(it.nanoTime()));
            case Reply.Done it -> frame(id, 65, out -> {});
            case Reply.Started it -> frame(id, 66, out -> out.putLong(it.pid()));
            case Reply.StatusIs it -> frame(id, 67, out -> putStatus(out, it.status()));
            case Reply.Refused it ->
                frame(id, 68, out -> {
                    out.put((byte) it.refusal().ordinal());
                    putText(out, it.message());
                });
        };
    }

    static ByteBuffer encode(GuardEvent event) {
        return switch (event) {
            case GuardEvent.ServerExited it -> frame(0, 96, out -> putExit(out.putLong(it.pid()), it.exit()));
            case GuardEvent.AllGone it -> frame(0, 97, out -> putExit(out.putLong(it.pid()), it.exit()));
            case GuardEvent.Fenced it -> frame(0, 98, out -> putFence(out, it.fence()));
        };
    }

    static Frame<Request> decodeRequest(ByteBuffer in) throws MalformedException {
        return decode(in, Wire::request);
    }

    /** The body is a {@link Reply} or a {@link GuardEvent}. */
    static Frame<Object> decodeAnswer(ByteBuffer in) throws MalformedException {
        return decode(in, Wire::answer);
    }

    private static Request request(int kind, ByteBuffer in) throws MalformedException {
        return switch (kind) {
            case 1 -> {
                require(in.getInt() == MAGIC, "the greeting of another protocol");
                yield new Request.Hello(in.getInt());
            }
            case START -> new Request.Start(command(in));
            case 3 -> new Request.Signal(constant(in, ServerSignal.values()));
            case 4 -> new Request.SignalChild(in.getLong(), constant(in, ChildSignal.values()));
            case 5 -> new Request.Kill();
            case 6 -> new Request.Arm(in.getLong(), in.getLong());
            case 7 -> new Request.Extend(in.getLong(), in.getLong());
            case 8 -> new Request.Shorten(in.getLong(), in.getLong());
            case 9 -> new Request.Disarm(in.getLong());
            case 10 -> new Request.Status();
            case 11 -> new Request.Exit();
            default -> throw new MalformedException("unknown kind of request " + kind);
        };
    }

    private static Object answer(int kind, ByteBuffer in) throws MalformedException {
        return switch (kind) {
            case 64 -> new Reply.Welcome(in.getInt(), in.getLong(), in.getLong());
            case 65 -> new Reply.Done();
            case 66 -> new Reply.Started(in.getLong());
            case 67 -> new Reply.StatusIs(status(in));
            case 68 -> new Reply.Refused(constant(in, Refusal.values()), text(in));
            case 96 -> new GuardEvent.ServerExited(in.getLong(), exit(in));
            case 97 -> new GuardEvent.AllGone(in.getLong(), exit(in));
            case 98 -> new GuardEvent.Fenced(fence(in));
            default -> throw new MalformedException("unknown kind of answer " + kind);
        };
    }

    private interface Body<T> {
        T read(int kind, ByteBuffer in) throws MalformedException;
    }

    private static <T> Frame<T> decode(ByteBuffer in, Body<T> body) throws MalformedException {
        try {
            int kind = in.get();
            long id = in.getLong();
            T value = body.read(kind, in);
            require(!in.hasRemaining(), "bytes after the last field: " + in.remaining());
            return new Frame<>(id, value);
        } catch (BufferUnderflowException ended) {
            throw new MalformedException("the frame ends within a field");
        } catch (IllegalArgumentException invalid) {
            throw new MalformedException(String.valueOf(invalid.getMessage()));
        }
    }

    private static ByteBuffer frame(long id, int kind, Consumer<ByteBuffer> body) {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + (kind == START ? MAX_FRAME_BYTES : MAX_SHORT_FRAME_BYTES));
        out.putInt(0).put((byte) kind).putLong(id);
        try {
            body.accept(out);
        } catch (java.nio.BufferOverflowException tooLong) {
            throw new IllegalArgumentException(
                    "The message does not fit into a frame of " + (out.capacity() - HEADER_BYTES)
                            + " bytes: shorten it",
                    tooLong);
        }
        out.putInt(0, out.position() - HEADER_BYTES);
        // Copied to its own size: a client's outbox may hold many of them.
        byte[] exact = new byte[out.position()];
        out.flip().get(exact);
        return ByteBuffer.wrap(exact);
    }

    /** The shortest frame there can be. */
    static int shortestFrameBytes() {
        return PREFIX_BYTES;
    }

    private static void require(boolean holds, String otherwise) throws MalformedException {
        if (!holds) {
            throw new MalformedException(otherwise);
        }
    }

    private static <E> E constant(ByteBuffer in, E[] constants) throws MalformedException {
        int ordinal = in.get();
        require(ordinal >= 0 && ordinal < constants.length, "no such constant " + ordinal);
        return constants[ordinal];
    }

    private static void putText(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(bytes.length).put(bytes);
    }

    private static String text(ByteBuffer in) throws MalformedException {
        int length = in.getInt();
        require(length >= 0 && length <= in.remaining(), "a text of " + length + " bytes in " + in.remaining());
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException invalid) {
            throw new MalformedException("a text that is not UTF-8");
        }
    }

    private static Path path(ByteBuffer in) throws MalformedException {
        String text = text(in);
        try {
            return Path.of(text);
        } catch (InvalidPathException invalid) {
            throw new MalformedException("not a path: " + text);
        }
    }

    private static int count(ByteBuffer in) throws MalformedException {
        int count = in.getInt();
        require(count >= 0 && count <= MAX_ARGUMENTS, "a list of " + count + ", at most " + MAX_ARGUMENTS);
        return count;
    }

    private static void putCommand(ByteBuffer out, ServerCommand command) {
        if (Math.max(command.arguments().size(), command.environment().size()) > MAX_ARGUMENTS) {
            throw new IllegalArgumentException("A server command holds at most " + MAX_ARGUMENTS + " arguments, found "
                    + command.arguments().size());
        }
        out.putInt(command.arguments().size());
        command.arguments().forEach(argument -> putText(out, argument));
        putText(out, command.workingDirectory().toString());
        putText(out, command.logFile().toString());
        String user = command.user();
        putPresence(out, user);
        if (user != null) {
            putText(out, user);
        }
        out.putInt(command.environment().size());
        command.environment().forEach((name, value) -> {
            putText(out, name);
            putText(out, value);
        });
    }

    private static ServerCommand command(ByteBuffer in) throws MalformedException {
        List<String> arguments = new ArrayList<>();
        for (int left = count(in); left > 0; left--) {
            arguments.add(text(in));
        }
        Path workingDirectory = path(in);
        Path logFile = path(in);
        String user = present(in) ? text(in) : null;
        Map<String, String> environment = new HashMap<>();
        for (int left = count(in); left > 0; left--) {
            environment.put(text(in), text(in));
        }
        return new ServerCommand(arguments, workingDirectory, logFile, user, environment);
    }

    private static void putPresence(ByteBuffer out, @Nullable Object value) {
        out.put((byte) (value == null ? 0 : 1));
    }

    private static boolean present(ByteBuffer in) throws MalformedException {
        byte presence = in.get();
        require(presence == 0 || presence == 1, "a presence byte of " + presence);
        return presence == 1;
    }

    private static void putExit(ByteBuffer out, ServerExit exit) {
        switch (exit) {
            case ServerExit.Returned it -> out.put((byte) 0).putInt(it.status());
            case ServerExit.Signalled it -> out.put((byte) 1).putInt(it.signal());
        }
    }

    private static ServerExit exit(ByteBuffer in) throws MalformedException {
        return present(in) ? new ServerExit.Signalled(in.getInt()) : new ServerExit.Returned(in.getInt());
    }

    private static void putFence(ByteBuffer out, Fence fence) {
        out.putLong(fence.epoch()).put((byte) fence.cause().ordinal());
        out.putLong(fence.deadlineNanos()).putLong(fence.killedAfterNanos());
        out.put((byte) (fence.goneAfterNanos().isPresent() ? 1 : 0));
        fence.goneAfterNanos().ifPresent(out::putLong);
    }

    private static Fence fence(ByteBuffer in) throws MalformedException {
        return new Fence(
                in.getLong(),
                constant(in, Fence.Cause.values()),
                in.getLong(),
                in.getLong(),
                present(in) ? OptionalLong.of(in.getLong()) : OptionalLong.empty());
    }

    private static void putStatus(ByteBuffer out, GuardStatus status) {
        out.putLong(status.guardPid());
        switch (status.server()) {
            case ServerState.NeverStarted it -> out.put((byte) 0);
            case ServerState.Running it -> out.put((byte) 1).putLong(it.pid());
            case ServerState.Stopping it -> {
                ServerExit exit = it.exit();
                putPresence(out.put((byte) 2).putLong(it.pid()), exit);
                if (exit != null) {
                    putExit(out, exit);
                }
            }
            case ServerState.Gone it -> putExit(out.put((byte) 3).putLong(it.pid()), it.exit());
        }
        GuardStatus.Arming armed = status.armed();
        putPresence(out, armed);
        if (armed != null) {
            out.putLong(armed.epoch()).putLong(armed.deadlineNanos());
        }
        out.putLong(status.fences());
        Fence fence = status.lastFence();
        putPresence(out, fence);
        if (fence != null) {
            putFence(out, fence);
        }
    }

    private static GuardStatus status(ByteBuffer in) throws MalformedException {
        long guardPid = in.getLong();
        int state = in.get();
        ServerState server = switch (state) {
            case 0 -> new ServerState.NeverStarted();
            case 1 -> new ServerState.Running(in.getLong());
            case 2 -> new ServerState.Stopping(in.getLong(), present(in) ? exit(in) : null);
            case 3 -> new ServerState.Gone(in.getLong(), exit(in));
            default -> throw new MalformedException("unknown server state " + state);
        };
        GuardStatus.Arming armed = present(in) ? new GuardStatus.Arming(in.getLong(), in.getLong()) : null;
        long fences = in.getLong();
        return new GuardStatus(guardPid, server, armed, fences, present(in) ? fence(in) : null);
    }
}
