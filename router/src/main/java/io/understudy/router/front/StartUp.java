package io.understudy.router.front;

import java.util.Map;

/**
 * What a client asked for when it connected.
 *
 * @param minor of the protocol 3 that is spoken with it from now on: 0 or 2
 * @param user the role
 * @param database the user's name where the client named none
 * @param settings every other parameter by its name as sent: settings of the session, {@code options} included; nothing of
 *     {@code user}, {@code database}, {@code replication} and protocol options
 */
public record StartUp(int minor, String user, String database, Map<String, String> settings) {}
