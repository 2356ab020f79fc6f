package io.understudy.router.admin;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * One server connection, at a moment.
 *
 * @param pid of the server's process
 * @param node whose server it is
 * @param epoch of that node's tenure when the connection was opened
 * @param state active, idle, checking, cancelling or closing
 * @param clientId who has it; empty when nobody does
 * @param transaction idle, open or failed, as the server last said
 */
public record ServerView(
        int pid,
        String user,
        String database,
        String node,
        long epoch,
        String address,
        String state,
        Duration age,
        OptionalInt clientId,
        int preparedStatements,
        String transaction) {}
