package io.understudy.router.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/** Whom the front door hands clients to. Everything is called on the client's event loop. */
public interface Reception {

    /**
     * A client was let in: its log-in is done, but it was told nothing after the last authentication message; AuthenticationOk,
     * its parameters, its cancel key and ReadyForQuery are the receiver's to send. The front door's handler has left the pipeline, reading is
     * off (autoRead false). The last authentication message may not be flushed yet: it goes out with the receiver's first flush.
     *
     * @param channel its pipeline holds a TLS handler at most
     * @param early what arrived behind the log-in already; the receiver's to release. Often empty
     */
    void admitted(Channel channel, StartUp startUp, Identity identity, ByteBuf early);

    /** A cancel request arrived on a connection of its own. {@code done} is run when that connection may be closed. */
    void cancel(int id, byte[] secret, Runnable done);
}
