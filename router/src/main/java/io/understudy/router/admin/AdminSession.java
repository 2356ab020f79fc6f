package io.understudy.router.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.understudy.router.admin.ClientMessage.MalformedException;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One operator's session. Takes one message at a time: the next one waits until a command is done, and until the operator takes
 * what was said before. Owned by the event loop.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html">Message Flow</a>
 */
final class AdminSession extends ChannelInboundHandlerAdapter {
    /** The longest message. */
    static final int MOST_BYTES = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(AdminSession.class);
    private static final int HEADER_BYTES = 5;

    private final AdminDesk desk;
    private final Channel channel;
    private final int id;
    private final byte[] secret;
    private final Answers answers;
    private final Orders orders;
    private final Extended extended;
    private final ArrayDeque<Command> simple = new ArrayDeque<>();
    private @Nullable ByteBuf pending;
    private boolean running;
    private boolean taking;
    private boolean skipping;
    private boolean ended;

    AdminSession(AdminDesk desk, Channel channel, String user, int id, byte[] secret) {
        this.desk = desk;
        this.channel = channel;
        this.id = id;
        this.secret = secret;
        this.answers = new Answers(channel);
        this.orders = new Orders(desk.operations(), channel.eventLoop(), user, answers);
        this.extended = new Extended(desk.operations(), answers);
    }

    int id() {
        return id;
    }

    byte[] secret() {
        return secret;
    }

    /** Says hello as a server does, and goes on with what came early. */
    void begin(ByteBuf early) {
        answers.authenticationOk();
        answers.parameter("server_version", "18.0 (Understudy router " + Version.text() + ")");
        answers.parameter("server_encoding", "UTF8");
        answers.parameter("client_encoding", "UTF8");
        answers.parameter("DateStyle", "ISO, MDY");
        answers.parameter("TimeZone", "UTC");
        answers.parameter("integer_datetimes", "on");
        answers.parameter("standard_conforming_strings", "on");
        answers.cancelKey(id, secret);
        answers.ready();
        answers.flush();
        pending = early;
        take();
        if (!ended) {
            channel.config().setAutoRead(true);
        }
    }

    /** A cancel request with this session's key. */
    void cancel() {
        orders.cancel();
    }

    /** The router ends. */
    void end(CommandException why) {
        if (!ended) {
            answers.fatal(why);
            leave();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        ByteBuf before = pending;
        pending = before == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), before, bytes);
        take();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        take();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended = true;
        desk.left(this);
        orders.cancel();
        discard();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            LOG.warn("An operator's session is closed", cause);
        }
        ctx.close();
    }

    /** Takes whole messages as long as nothing runs, and the operator keeps up. */
    private void take() {
        if (taking) {
            return;
        }
        taking = true;
        try {
            while (!running && !ended && channel.isWritable() && one()) {
                answers.flush();
            }
        } catch (MalformedException broken) {
            end(new CommandException("08P01", String.valueOf(broken.getMessage()), ""));
        } catch (RuntimeException failed) {
            LOG.error("An operator's session ends: the router failed at what it said", failed);
            end(new CommandException("XX000", "the router failed at this message; its log says how", ""));
        } finally {
            taking = false;
        }
        if (ended) {
            discard();
            return;
        }
        answers.flush();
        ByteBuf held = pending;
        if (held != null && !held.isReadable()) {
            pending = null;
            held.release();
        }
        channel.config().setAutoRead(held == null || held.readableBytes() <= MOST_BYTES);
    }

    private boolean one() throws MalformedException {
        ByteBuf in = pending;
        if (in == null || in.readableBytes() < HEADER_BYTES) {
            return false;
        }
        char type = (char) in.getUnsignedByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        if (length < Integer.BYTES || length > MOST_BYTES) {
            throw new MalformedException("a message of type '%s' has a length of %d, expected %d to %d"
                    .formatted(type, length, Integer.BYTES, MOST_BYTES));
        }
        if (in.readableBytes() < 1 + length) {
            return false;
        }
        ByteBuf body = in.readSlice(1 + length).skipBytes(HEADER_BYTES);
        message(new ClientMessage(type, body));
        return true;
    }

    private void message(ClientMessage message) throws MalformedException {
        switch (message.type()) {
            case 'X' -> leave();
            case 'Q' -> query(message.text());
            case 'S' -> {
                skipping = false;
                extended.synced();
                answers.ready();
            }
            case 'P', 'B', 'D', 'C', 'E' -> {
                if (!skipping) {
                    try {
                        extended(message);
                    } catch (CommandException refused) {
                        failed(refused);
                    }
                }
            }
            case 'F' -> {
                answers.error(new CommandException("0A000", "the router has no functions", CommandParser.EXPECTED));
                answers.ready();
            }
            case 'H', 'd', 'c', 'f' -> {}
            default -> throw new MalformedException("invalid frontend message type %d".formatted((int) message.type()));
        }
    }

    // Extended queries

    private void extended(ClientMessage message) throws MalformedException, CommandException {
        switch (message.type()) {
            case 'P' -> extended.parse(message);
            case 'B' -> extended.bind(message);
            case 'D' -> extended.describe(message);
            case 'C' -> extended.close(message);
            default -> execute(extended.portal(message.text()), message.int4());
        }
    }

    private void execute(Extended.Portal portal, int most) {
        switch (portal.command()) {
            case null -> answers.empty('I');
            case Command.Show(Command.Subject subject) -> extended.rows(portal, subject, most);
            case Command command -> run(command, () -> {}, this::failed);
        }
    }

    private void failed(CommandException why) {
        answers.error(why);
        skipping = true;
    }

    // Simple queries

    private void query(String text) {
        skipping = false;
        extended.simpleQuery();
        try {
            simple.addAll(CommandParser.parse(text));
        } catch (CommandException refused) {
            answers.error(refused);
            answers.ready();
            return;
        }
        if (simple.isEmpty()) {
            answers.empty('I');
        }
        nextSimple();
    }

    private void nextSimple() {
        switch (simple.poll()) {
            case null -> answers.ready();
            case Command.Show(Command.Subject subject) -> {
                show(Tables.of(subject));
                nextSimple();
            }
            case Command command ->
                run(command, this::nextSimple, why -> {
                    simple.clear();
                    answers.error(why);
                    answers.ready();
                });
        }
    }

    private void show(Table<?> table) {
        answers.columns(table, Formats.TEXT);
        for (List<@Nullable String> line : table.lines(desk.operations())) {
            answers.row(table, line, Formats.TEXT);
        }
        answers.complete("SHOW");
    }

    // Both

    private void run(Command command, Runnable then, java.util.function.Consumer<CommandException> otherwise) {
        running = true;
        orders.begin(command, new Orders.Completion() {
            @Override
            public void done() {
                answers.complete(command.tag());
                ended(then);
            }

            @Override
            public void failed(CommandException why) {
                ended(() -> otherwise.accept(why));
            }

            private void ended(Runnable goOn) {
                running = false;
                if (!ended) {
                    goOn.run();
                    take();
                }
            }
        });
    }

    private void leave() {
        ended = true;
        answers.flush();
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    private void discard() {
        answers.discard();
        ByteBuf held = pending;
        if (held != null && !taking) {
            pending = null;
            held.release();
        }
    }
}
