package io.understudy.router.proof;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A client that sends what it likes. */
final class Wire implements AutoCloseable {
    static final int HEADER_BYTES = 5;
    private static final int PROTOCOL = 3 << 16;
    private static final int CANCEL = 1234 << 16 | 5678;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int SMALL_BUFFER_BYTES = 16 << 10;

    /** A message of the server. */
    record Message(char type, byte[] body) {
        boolean contains(String text) {
            return new String(body, StandardCharsets.UTF_8).contains(text);
        }

        /** A field of an error or a notice; empty when it is not there. */
        String field(char wanted) {
            int at = 0;
            while (body[at] != 0) {
                int end = at + 1;
                while (body[end] != 0) {
                    end++;
                }
                if (body[at] == wanted) {
                    return new String(body, at + 1, end - at - 1, StandardCharsets.UTF_8);
                }
                at = end + 1;
            }
            return "";
        }

        /** The text of the only column. */
        String only() {
            int length = ByteBuffer.wrap(body).getInt(Short.BYTES);
            return new String(body, Short.BYTES + Integer.BYTES, length, StandardCharsets.UTF_8);
        }

        /** Short, such as {@code D(text of the only column)}, {@code E26000} and {@code ZI}. */
        @Override
        public String toString() {
            return switch (type) {
                case 'E' -> "E" + field('C');
                case 'Z' -> "Z" + (char) body[0];
                case 'D' -> body[1] == 1 && body[2] >= 0 ? "D(" + only() + ")" : "D";
                case 'C' -> "C(" + new String(body, 0, body.length - 1, StandardCharsets.UTF_8) + ")";
                default -> String.valueOf(type);
            };
        }
    }

    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;
    private final List<Message> greeting = new ArrayList<>();

    private Wire(InetSocketAddress address) throws IOException {
        // Not to be grown by the kernel: a client that reads nothing is to be felt soon.
        socket.setReceiveBufferSize(SMALL_BUFFER_BYTES);
        socket.connect(address, Math.toIntExact(PATIENCE.toMillis()));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    static Wire connect(InetSocketAddress address) throws IOException {
        return new Wire(address);
    }

    /** As the role that needs no password, ready for a query. */
    static Wire loggedIn(InetSocketAddress address, String... settings) throws IOException {
        List<String> all = new ArrayList<>(List.of("user", EmbeddedServer.TRUSTED, "database", "postgres"));
        all.addAll(List.of(settings));
        Wire wire = new Wire(address);
        wire.send(startUp(all.toArray(String[]::new)));
        wire.greeting.addAll(wire.awaitReady());
        return wire;
    }

    /** What {@link #loggedIn} was welcomed with. */
    List<Message> greeting() {
        return greeting;
    }

    /** Asks for what runs for {@code client} to be cancelled, and waits until that connection was closed. */
    static void cancel(InetSocketAddress address, Wire client) throws IOException {
        byte[] key = client.greeting.stream()
                .filter(message -> message.type == 'K')
                .findFirst()
                .orElseThrow()
                .body;
        cancel(address, key);
    }

    /** The same with the body of a BackendKeyData. */
    static void cancel(InetSocketAddress address, byte[] key) throws IOException {
        try (Wire wire = new Wire(address)) {
            wire.send(ByteBuffer.allocate(2 * Integer.BYTES + key.length)
                    .putInt(2 * Integer.BYTES + key.length)
                    .putInt(CANCEL)
                    .put(key)
                    .array());
            wire.awaitEnd();
        }
    }

    static byte[] startUp() {
        return startUp("user", EmbeddedServer.TRUSTED, "database", "postgres");
    }

    static byte[] startUp(String... parameters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String text : parameters) {
            body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            body.write(0);
        }
        body.write(0);
        return ByteBuffer.allocate(2 * Integer.BYTES + body.size())
                .putInt(2 * Integer.BYTES + body.size())
                .putInt(PROTOCOL)
                .put(body.toByteArray())
                .array();
    }

    static byte[] message(char type, byte... body) {
        return header(type, Integer.BYTES + body.length, body);
    }

    /** A message whose length says what it likes. */
    static byte[] header(char type, int length, byte... body) {
        return ByteBuffer.allocate(HEADER_BYTES + body.length)
                .put((byte) type)
                .putInt(length)
                .put(body)
                .array();
    }

    static byte[] query(String sql) {
        return message('Q', text(sql));
    }

    static byte[] parse(String name, String sql) {
        return message('P', join(text(name), text(sql), new byte[2]));
    }

    /** To the unnamed portal, all parameters as text. */
    static byte[] bind(String statement, String... parameters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(text(""));
        body.writeBytes(text(statement));
        body.writeBytes(new byte[] {0, 0, 0, (byte) parameters.length});
        for (String parameter : parameters) {
            byte[] bytes = parameter.getBytes(StandardCharsets.UTF_8);
            body.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
            body.writeBytes(bytes);
        }
        body.writeBytes(new byte[2]);
        return message('B', body.toByteArray());
    }

    static byte[] execute() {
        return message('E', new byte[1 + Integer.BYTES]);
    }

    static byte[] describeStatement(String name) {
        return message('D', join(new byte[] {'S'}, text(name)));
    }

    static byte[] closeStatement(String name) {
        return message('C', join(new byte[] {'S'}, text(name)));
    }

    static byte[] copyData(String text) {
        return message('d', text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] copyDone() {
        return message('c');
    }

    static byte[] copyFail(String why) {
        return message('f', text(why));
    }

    static byte[] flush() {
        return message('H');
    }

    static byte[] sync() {
        return message('S');
    }

    /** Zero-terminated. */
    static byte[] text(String text) {
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    void send(byte... bytes) throws IOException {
        out.write(bytes);
    }

    /** Sends all of them in one write. */
    void send(byte[] first, byte[]... more) throws IOException {
        out.write(join(first, join(more)));
    }

    /** Sends what the other side still takes; that it has closed meanwhile is no error. */
    void sendIfOpen(byte... bytes) {
        try {
            out.write(bytes);
        } catch (IOException closed) {
            // What was answered is read afterwards.
            return;
        }
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    void endOutputIfOpen() {
        try {
            socket.shutdownOutput();
        } catch (IOException closed) {
            // As in sendIfOpen.
            return;
        }
    }

    Message read() throws IOException {
        DataInputStream data = new DataInputStream(in);
        char type = (char) data.readByte();
        byte[] body = new byte[data.readInt() - Integer.BYTES];
        data.readFully(body);
        return new Message(type, body);
    }

    /** The messages up to and with the next ReadyForQuery. */
    List<Message> awaitReady() throws IOException {
        List<Message> messages = new ArrayList<>();
        try {
            do {
                messages.add(read());
            } while (messages.getLast().type() != 'Z');
        } catch (IOException ended) {
            throw new IOException("no ReadyForQuery after " + line(messages), ended);
        }
        return messages;
    }

    /** The next message of this type; what the server reports of itself before it is left out. */
    Message expect(char type) throws IOException {
        Message message = read();
        while (message.type == 'S' || message.type == 'N') {
            message = read();
        }
        if (message.type != type) {
            throw new AssertionError(
                    "expected %s, got %s %s".formatted(type, message, message.type == 'E' ? message.field('M') : ""));
        }
        return message;
    }

    /** What comes up to ReadyForQuery, as in {@code T D(1) C(SELECT 1) ZI}, without what servers report of themselves. */
    String line() throws IOException {
        return line(awaitReady());
    }

    static String line(List<Message> messages) {
        return messages.stream()
                .filter(message -> message.type != 'S' && message.type != 'N')
                .map(Message::toString)
                .collect(Collectors.joining(" "));
    }

    /** What comes up to ReadyForQuery when these are sent. */
    String ask(byte[] first, byte[]... more) throws IOException {
        send(first, more);
        return line();
    }

    /** What a simple query is answered. */
    String ask(String sql) throws IOException {
        return ask(query(sql));
    }

    /** The one value that a simple query gives. */
    String value(String sql) throws IOException {
        send(query(sql));
        List<Message> all = awaitReady();
        return all.stream()
                .filter(message -> message.type == 'D')
                .findFirst()
                .orElseThrow(() -> new AssertionError(line(all)))
                .only();
    }

    /** Every byte that comes before the other side closes. */
    byte[] bytesToTheEnd() throws IOException {
        return in.readAllBytes();
    }

    /** Whether an error has come, or the connection's end; takes what came. */
    boolean wasToldAnError() {
        try {
            return in.available() > 0 && read().type() == 'E';
        } catch (IOException ended) {
            return true;
        }
    }

    /** Whether nothing was said meanwhile. */
    boolean isSilent() throws IOException {
        return in.available() == 0;
    }

    /** What comes before the other side closes; fails when it does not. */
    List<Message> awaitEnd() {
        List<Message> messages = new ArrayList<>();
        try {
            while (true) {
                messages.add(read());
            }
        } catch (SocketTimeoutException open) {
            throw new AssertionError("still open after " + PATIENCE + ", having said " + messages, open);
        } catch (EOFException | SocketException closed) {
            return messages;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
