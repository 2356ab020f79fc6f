package io.understudy.coordination.ratis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A machine that keeps every text it was given, counts the queries it answered, and remembers what it was told. */
final class FakeLedger implements ReplicatedMachine {
    static final String REFUSED = "refuse";
    static final String PATIENT = "patient";

    private final List<String> texts = new ArrayList<>();
    private long queries;
    final List<Leadership> told = new CopyOnWriteArrayList<>();
    final List<String> heard = new CopyOnWriteArrayList<>();
    volatile int restored;

    @Override
    public byte[] apply(long term, byte[] proposal) {
        String text = text(proposal);
        if (text.startsWith(REFUSED)) {
            throw new IllegalArgumentException("this machine refuses '" + text + "'");
        }
        synchronized (this) {
            texts.add(text);
            return bytes(texts.size() + " in term " + term);
        }
    }

    @Override
    public synchronized Heard hear(byte[] request) {
        return new Heard(this::answer, text(request).startsWith(PATIENT));
    }

    private synchronized byte[] answer() {
        queries++;
        return bytes(String.join(",", texts));
    }

    @Override
    public synchronized byte[] snapshot() {
        return bytes(String.join(",", texts));
    }

    @Override
    public synchronized void restore(byte[] snapshot) {
        texts.clear();
        if (snapshot.length > 0) {
            texts.addAll(List.of(text(snapshot).split(",")));
        }
        restored++;
    }

    @Override
    public void leadership(Leadership now) {
        told.add(now);
    }

    @Override
    public void told(byte[] message) {
        heard.add(text(message));
    }

    synchronized List<String> texts() {
        return List.copyOf(texts);
    }

    synchronized long queries() {
        return queries;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
