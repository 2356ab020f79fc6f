package io.understudy.router.front;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.understudy.router.RouterSettings;
import io.understudy.router.RouterSettings.Method;
import io.understudy.router.sockets.Reads;

/**
 * What becomes of an accepted connection until it is a client that was let in, a cancel request that was passed on, or closed with an error. Owned
 * by the event loop of all its channels: one loop.
 */
public final class FrontDoor extends ChannelInitializer<Channel> {
    /** How many connections there may be beyond the most clients: for cancel requests, and to tell others that there are too many. */
    static final int SPARE_CONNECTIONS = 1_000;

    /** What holds for connections from now on. */
    record Terms(RouterSettings settings, AccessRules rules, FrontTls tls) {
        static Terms of(RouterSettings settings, FrontTls tls) {
            boolean certificates = settings.access().stream().anyMatch(rule -> rule.method() == Method.CERTIFICATE);
            if (certificates && !tls.isVerifyingClients()) {
                throw new IllegalArgumentException("access rules: one lets clients in by their certificates,"
                        + " and no TLS with an authority that signs them is set up; name that authority");
            }
            return new Terms(settings, AccessRules.of(settings.access()), tls);
        }
    }

    private final Verifiers verifiers;
    private final Reception reception;
    private final ChannelFutureListener left = gone -> leave();
    private Terms terms;
    private int clients;
    private int arriving;
    private long refused;

    /** @throws IllegalArgumentException when an access rule is none, or certificates are asked for that nobody could verify */
    public FrontDoor(RouterSettings settings, FrontTls tls, Verifiers verifiers, Reception reception) {
        this.terms = Terms.of(settings, tls);
        this.verifiers = verifiers;
        this.reception = reception;
    }

    /**
     * Changes what holds for connections to come. On the event loop.
     *
     * @throws IllegalArgumentException as the constructor; everything stays as it was then
     */
    public void reload(RouterSettings settings, FrontTls tls) {
        terms = Terms.of(settings, tls);
    }

    /** How many clients there are: let in, or on their way through the log-in. */
    public int clients() {
        return clients;
    }

    /** How many connections were not let in since the start. */
    public long refused() {
        return refused;
    }

    @Override
    protected void initChannel(Channel channel) {
        channel.config().setAutoRead(false);
        channel.config().setRecvByteBufAllocator(new Reads());
        if (arriving + clients >= (long) terms.settings.maxClients() + SPARE_CONNECTIONS) {
            refused++;
            channel.close();
            return;
        }
        channel.pipeline().addLast(new Arrival(this, terms, verifiers, reception));
    }

    void arrived() {
        arriving++;
    }

    void arrivalEnded() {
        arriving--;
    }

    void refusedOne() {
        refused++;
    }

    /** Counts a client until its channel is closed. */
    void enter(Channel channel) throws RefusedException {
        if (clients >= terms.settings.maxClients()) {
            throw RefusedException.of(RefusedException.TOO_MANY, "sorry, too many clients already")
                    .detail("The router takes %d.".formatted(terms.settings.maxClients()));
        }
        clients++;
        channel.closeFuture().addListener(left);
    }

    private void leave() {
        clients--;
    }
}
