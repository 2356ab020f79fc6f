package io.understudy.router.back;

import io.netty.channel.Channel;
import java.util.Map;

/**
 * A server connection that is ready for its first query.
 *
 * @param channel its pipeline holds a TLS handler at most; reading is off (autoRead false)
 * @param processId what a cancel request names it by
 * @param secret what a cancel request proves itself with
 * @param parameters what the server reported: server_version, client_encoding, ...
 */
public record Welcome(Channel channel, int processId, byte[] secret, Map<String, String> parameters) {}
