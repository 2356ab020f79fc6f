package io.understudy.router.sql;

/**
 * What ties a client to its server connection.
 *
 * @param reason for people, such as {@code LISTEN on channel "jobs"}
 */
public record Pin(String reason) {}
