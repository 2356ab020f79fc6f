package io.understudy.router.admin;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.understudy.router.RouterSettings.Operators;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Receives operators: clients of the database {@link #DATABASE}, which is the router's own. Owned by the event loop. */
public final class AdminDesk {
    /** A database of this name at a server is out of reach through the router. */
    public static final String DATABASE = "understudy";

    /** The most operators at a time. */
    static final int MOST = 100;

    private final Operations operations;
    private final Map<Integer, AdminSession> sessions = new HashMap<>();

    public AdminDesk(Operations operations) {
        this.operations = operations;
    }

    Operations operations() {
        return operations;
    }

    public int sessions() {
        return sessions.size();
    }

    /** Whether an operator's cancel key has this number. */
    public boolean has(int id) {
        return sessions.containsKey(id);
    }

    /**
     * A client logged in.
     *
     * @param user the role that it proved to be
     * @param id its cancel key's number, by which no client is known yet
     * @param early what it sent meanwhile; released here
     */
    public void admitted(Channel channel, String user, int id, byte[] secret, ByteBuf early) {
        Operators operators = operations.settings().operators();
        if (!Orders.mayLook(operators, user)) {
            refuse(
                    channel,
                    early,
                    new CommandException(
                            "42501",
                            "role \"%s\" may not use the router's own database \"%s\"".formatted(user, DATABASE),
                            "admin-users and stats-users in the router's configuration name who may. Any other database"
                                    + " is the server's."));
        } else if (sessions.size() >= MOST) {
            refuse(
                    channel,
                    early,
                    new CommandException("53300", "%d operators are there already".formatted(MOST), "End some."));
        } else {
            AdminSession session = new AdminSession(this, channel, user, id, secret);
            sessions.put(id, session);
            channel.pipeline().addLast(session);
            session.begin(early);
        }
    }

    private static void refuse(Channel channel, ByteBuf early, CommandException why) {
        early.release();
        Answers answers = new Answers(channel);
        answers.fatal(why);
        answers.flush();
        channel.writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /** A cancel request; a wrong secret does nothing. */
    public void cancel(int id, byte[] secret) {
        AdminSession session = sessions.get(id);
        if (session != null && MessageDigest.isEqual(session.secret(), secret)) {
            session.cancel();
        }
    }

    void left(AdminSession session) {
        sessions.remove(session.id());
    }

    /** The router ends. */
    public void close() {
        for (AdminSession session : List.copyOf(sessions.values())) {
            session.end(
                    new CommandException("57P01", "terminating connection because the router is shutting down", ""));
        }
    }
}
