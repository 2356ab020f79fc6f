package io.understudy.router.back;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Map;

/**
 * A server connection that is ready for its first query.
 *
 * @param channel its pipeline holds a TLS handler at most; reading is off (autoRead false)
 * @param processId what a cancel request names it by; 0 where the server named none
 * @param secret what a cancel request proves itself with
 * @param parameters what the server reported: server_version, client_encoding, ...
 * @param early what arrived behind ReadyForQuery already, of notices and the like; the receiver's to release. Nearly always empty
 */
public record Welcome(Channel channel, int processId, byte[] secret, Map<String, String> parameters, ByteBuf early) {

    /** Without the secret. */
    @Override
    public String toString() {
        return "Welcome[%s, process %d, %s]".formatted(channel, processId, parameters);
    }
}
