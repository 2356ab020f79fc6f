package io.understudy.chaos.workload;

import java.util.Map;

/** What clients saw, made up. */
public final class Observed {

    private final Book book = new Book();
    private final Shown shown = new Shown((long) Schema.ACCOUNTS * Schema.OPENING_BALANCE);
    private final Acknowledgements acknowledgements = new Acknowledgements();

    /** The next write, of {@code client}. */
    public Observed acknowledged(int client) {
        return acknowledged(client, System.nanoTime());
    }

    /** The same, at {@code nanos}. */
    public Observed acknowledged(int client, long nanos) {
        book.acknowledged(book.send(client), nanos);
        return this;
    }

    public Observed refused(int client, String why) {
        book.refused(book.send(client), why);
        return this;
    }

    public Observed unknown(int client) {
        book.unknown(book.send(client));
        return this;
    }

    public Observed listShown(String reader, int key, int... items) {
        shown.lists(reader, Map.of(key, items));
        return this;
    }

    public Observed sumShown(String reader, long sum) {
        shown.sum(reader, sum);
        return this;
    }

    public Observed acknowledgedBy(String server, long sentNanos) {
        acknowledgements.note(server, sentNanos);
        return this;
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
}
