package io.understudy.benchmarks.router;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Says the same over and over, and waits for an answer of the length that the first one had; it allocates nothing for that. */
final class MeasuredClient implements AutoCloseable {
    private static final int HEADER_BYTES = 5;

    private final SocketChannel socket;
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 << 10);

    MeasuredClient(InetSocketAddress address) throws IOException {
        socket = SocketChannel.open(address);
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        lengthOfAnswer(new Bytes().startUp("bench", "bench").said(), 1);
    }

    /** Says it once; returns how many bytes came until as many queries as that were answered. */
    int lengthOfAnswer(ByteBuffer words, int queries) throws IOException {
        send(words);
        in.clear();
        int at = 0;
        int readies = 0;
        while (readies < queries) {
            receive();
            while (in.position() - at >= HEADER_BYTES && in.position() > at + in.getInt(at + 1)) {
                if (in.get(at) == 'E') {
                    throw new IOException("an error was answered where none was expected");
                }
                readies += in.get(at) == 'Z' ? 1 : 0;
                at += 1 + in.getInt(at + 1);
            }
        }
        return at;
    }

    void ask(ByteBuffer words, int answerBytes) throws IOException {
        send(words);
        in.clear();
        while (in.position() < answerBytes) {
            receive();
        }
    }

    private void send(ByteBuffer words) throws IOException {
        words.rewind();
        while (words.hasRemaining()) {
            socket.write(words);
        }
    }

    private void receive() throws IOException {
        if (socket.read(in) < 0) {
            throw new EOFException("the connection was closed where an answer was expected");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
