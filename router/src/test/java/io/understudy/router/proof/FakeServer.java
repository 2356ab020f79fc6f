package io.understudy.router.proof;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Speaks as a PostgreSQL does, and where a test wants it worse. It lets everybody in, and answers a query with one row: the query's
 * text.
 */
final class FakeServer implements AutoCloseable {
    private static final int CANCEL = 1234 << 16 | 5678;

    /** What is different about it. */
    @FunctionalInterface
    interface Manner {
        /** Returns whether the message was answered so; otherwise it is answered as usual. */
        boolean answers(Link link, Wire.Message message) throws Exception;
    }

    /** How somebody is let in, or not. */
    @FunctionalInterface
    interface Welcome {
        void greet(Link link) throws Exception;
    }

    private final ServerSocket listener;
    private final Welcome welcome;
    private final Manner manner;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger cancels = new AtomicInteger();
    private volatile CountDownLatch cancelsEnd = new CountDownLatch(0);

    FakeServer(Welcome welcome, Manner manner) throws IOException {
        this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        this.welcome = welcome;
        this.manner = manner;
        Thread.ofVirtual().start(this::listen);
    }

    FakeServer(Manner manner) throws IOException {
        this(link -> link.welcome("off"), manner);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
    }

    /** How many connections there were. */
    int begun() {
        return begun.get();
    }

    /** How many of them are over. */
    int ended() {
        return ended.get();
    }

    /** How many cancel requests came. */
    int cancels() {
        return cancels.get();
    }

    /** Cancel requests are not over before that. */
    void cancelsEnd(CountDownLatch then) {
        cancelsEnd = then;
    }

    private void listen() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
            return;
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Link link = new Link(socket);
            byte[] startUp = new byte[link.in.readInt() - Integer.BYTES];
            link.in.readFully(startUp);
            if (ByteBuffer.wrap(startUp).getInt() == CANCEL) {
                cancels.incrementAndGet();
                // Until it is closed the signal may still be on its way.
                cancelsEnd.await();
                return;
            }
            begun.incrementAndGet();
            try {
                welcome.greet(link);
                while (true) {
                    Wire.Message message = link.read();
                    if (!manner.answers(link, message)) {
                        link.answer(message);
                    }
                }
            } finally {
                ended.incrementAndGet();
            }
        } catch (Exception over) {
            // Whoever was connected sees it.
            return;
        } finally {
            sockets.remove(socket);
        }
    }

    static byte[] ready() {
        return Wire.message('Z', (byte) 'I');
    }

    static byte[] row(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Wire.message(
                'D',
                ByteBuffer.allocate(Short.BYTES + Integer.BYTES + bytes.length)
                        .putShort((short) 1)
                        .putInt(bytes.length)
                        .put(bytes)
                        .array());
    }

    static byte[] error(String severity, String sqlState) {
        return Wire.message(
                'E',
                Wire.join(
                        Wire.text("S" + severity),
                        Wire.text("V" + severity),
                        Wire.text("C" + sqlState),
                        Wire.text("Mfrom a fake server"),
                        new byte[1]));
    }

    static byte[] complete(String tag) {
        return Wire.message('C', Wire.text(tag));
    }

    /** One connection. */
    static final class Link {
        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;

        private Link(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        }

        private Wire.Message read() throws IOException {
            char type = (char) in.readByte();
            byte[] body = new byte[in.readInt() - Integer.BYTES];
            in.readFully(body);
            return new Wire.Message(type, body);
        }

        /** In one write. */
        void send(byte[]... messages) throws IOException {
            out.write(Wire.join(messages));
        }

        /** As usual, by a server in hot standby or not. */
        void welcome(String inHotStandby) throws IOException {
            send(
                    Wire.message('R', new byte[Integer.BYTES]),
                    Wire.message('S', Wire.join(Wire.text("server_version"), Wire.text("17.0"))),
                    Wire.message('S', Wire.join(Wire.text("in_hot_standby"), Wire.text(inHotStandby))),
                    Wire.message('K', new byte[2 * Integer.BYTES]),
                    ready());
        }

        /** As usual. */
        void answer(Wire.Message message) throws IOException {
            switch (message.type()) {
                case 'Q' -> {
                    String text = new String(message.body(), 0, message.body().length - 1, StandardCharsets.UTF_8);
                    send(Wire.message('T', new byte[Short.BYTES]), row(text), complete("SELECT 1"), ready());
                }
                case 'P' -> send(Wire.message('1'));
                case 'B' -> send(Wire.message('2'));
                case 'C' -> send(Wire.message('3'));
                case 'E' -> send(complete("SELECT 0"));
                case 'S' -> send(ready());
                case 'X' -> close();
                default -> {}
            }
        }

        void close() throws IOException {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
