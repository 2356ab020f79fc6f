package io.understudy.chaos.workload;

import io.understudy.chaos.lab.Lab;
import io.understudy.cli.local.LocalNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * All clients of a run: eleven that write, straight to the primary or through routers; one for each node that writes there whatever the
 * node is, as somebody does who heard of no failover; and readers on every node and of a router.
 */
public final class Workload implements AutoCloseable {

    static final Duration RHYTHM = Duration.ofMillis(50);
    static final Duration READ_RHYTHM = Duration.ofMillis(200);
    private static final Duration LOOK = Duration.ofMillis(10);

    /** Longer than any answer takes that is still worth waiting for. */
    private static final Duration PAUSE_PATIENCE = Duration.ofSeconds(10);

    private static final int DIRECT = 2;
    private static final Duration RETRY = Duration.ofMillis(50);
    private static final Duration STUBBORN_RETRY = Duration.ofMillis(400);

    private final long began;
    private final Book book = new Book();
    private final Shown shown = new Shown((long) Schema.ACCOUNTS * Schema.OPENING_BALANCE);
    private final Acknowledgements acknowledgements = new Acknowledgements();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<WriteClient> writers = new ArrayList<>();
    private final List<WriteClient> stubborn = new ArrayList<>();
    private final BitSet routed = new BitSet();
    private final List<ReadClient> readers = new ArrayList<>();
    private volatile Pace pace = Pace.PAUSED;
    private volatile int round;

    /** Whether anything is sent. */
    enum Pace {
        RUNNING,
        PAUSED,
        ENDED
    }

    /** @param began the beginning of every track, on {@link System#nanoTime} */
    public Workload(Lab lab, long began) {
        this.began = began;
        for (Write write : Write.values()) {
            for (int i = 0; i < DIRECT; i++) {
                add(lab, write, Ways.primary(lab));
            }
            add(lab, write, Ways.router(lab, write.ordinal()));
        }
        for (int i = 0; i < DIRECT; i++) {
            add(lab, Write.IDS, Ways.router(lab, i));
        }
        for (LocalNode node : lab.nodes()) {
            stubborn.add(writer(lab, Write.IDS, Ways.node(node), STUBBORN_RETRY));
            String name = "reads-" + node.id();
            readers.add(new ReadClient(name, Ways.node(node), this, lab.database(), new Track(began)));
        }
        readers.add(new ReadClient(ROUTED_READER, Ways.router(lab, 0), this, lab.database(), new Track(began)));
        lab.primaries().onChange(primary -> writers.forEach(WriteClient::look));
    }

    /** Who reads through routers, so only what an open primary shows. */
    public static final String ROUTED_READER = "reads-routed";

    private void add(Lab lab, Write write, Way way) {
        writers.add(writer(lab, write, way, RETRY));
    }

    private WriteClient writer(Lab lab, Write write, Way way, Duration retry) {
        int number = writers.size() + stubborn.size() + 1;
        routed.set(number, way.name().equals(Ways.ROUTER));
        return new WriteClient(number, write, way, this, lab.database(), threads, new Track(began), retry);
    }

    /** Starts the threads; nothing is sent until {@link #resume}. */
    public void start() {
        allWriters().forEach(threads::execute);
        readers.forEach(threads::execute);
    }

    /** Sends on, in a round of its own. */
    public void resume() {
        round++;
        shown.forget();
        pace = Pace.RUNNING;
    }

    /** Stops sending; what is not answered in time is given up as unknown. */
    public void pause() throws InterruptedException {
        pace = Pace.PAUSED;
        long deadline = System.nanoTime() + PAUSE_PATIENCE.toNanos();
        while (allWriters().anyMatch(WriteClient::isWriting)) {
            if (deadline - System.nanoTime() <= 0) {
                allWriters().forEach(WriteClient::giveUp);
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    @Override
    public void close() {
        pace = Pace.ENDED;
        threads.shutdownNow();
    }

    Pace pace() {
        return pace;
    }

    int round() {
        return round;
    }

    public Book book() {
        return book;
    }

    public Shown shown() {
        return shown;
    }

    public Acknowledgements acknowledgements() {
        return acknowledgements;
    }

    /**
     * A client, for people.
     *
     * @param workload what it does
     * @param through how it connects
     */
    public record ClientView(String name, String workload, String through, Track track) {}

    public List<ClientView> clients() {
        List<ClientView> clients = new ArrayList<>();
        allWriters()
                .forEach(writer -> clients.add(new ClientView(
                        writer.name(),
                        writer.write().name().toLowerCase(Locale.ROOT),
                        writer.way().name(),
                        writer.track())));
        readers.forEach(reader ->
                clients.add(new ClientView(reader.name(), "reads", reader.way().name(), reader.track())));
        return clients;
    }

    private Stream<WriteClient> allWriters() {
        return Stream.concat(writers.stream(), stubborn.stream());
    }

    /** How many clients that look for the primary had a write acknowledged at or after {@code nanos}. */
    public long writersAnsweredSince(long nanos) {
        return writers.stream()
                .filter(writer -> writer.lastAcknowledged() - nanos >= 0)
                .count();
    }

    /** Whether the client of that number in the {@link #book} writes through routers. */
    public boolean isRouted(int number) {
        return routed.get(number);
    }

    public int writerCount() {
        return writers.size();
    }
}
