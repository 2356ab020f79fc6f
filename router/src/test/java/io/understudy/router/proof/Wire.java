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

/** A client that sends what it likes. */
final class Wire implements AutoCloseable {
    static final int HEADER_BYTES = 5;
    private static final int PROTOCOL = 3 << 16;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int SMALL_BUFFER_BYTES = 16 << 10;

    /** A message of the server. */
    record Message(char type, byte[] body) {
        boolean contains(String text) {
            return new String(body, StandardCharsets.UTF_8).contains(text);
        }
    }

    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;

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
    static Wire loggedIn(InetSocketAddress address) throws IOException {
        Wire wire = new Wire(address);
        wire.send(startUp());
        wire.awaitReady();
        return wire;
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
        return message('Q', (sql + "\0").getBytes(StandardCharsets.UTF_8));
    }

    void send(byte... bytes) throws IOException {
        out.write(bytes);
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
        do {
            messages.add(read());
        } while (messages.getLast().type() != 'Z');
        return messages;
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
