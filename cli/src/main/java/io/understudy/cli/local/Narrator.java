package io.understudy.cli.local;

import java.io.PrintWriter;
import java.util.Locale;

/** Tells people what happens, each line with the seconds since it began. Thread-safe. */
public final class Narrator {

    private final PrintWriter out;
    private final long began = System.nanoTime();

    public Narrator(PrintWriter out) {
        this.out = out;
    }

    /** One line, with the time. */
    public synchronized void say(String line) {
        out.println(String.format(Locale.ROOT, "%6.1f s  %s", seconds(), line));
        out.flush();
    }

    /** A line without the time, for headings and tables. */
    public synchronized void plain(String line) {
        out.println(line);
        out.flush();
    }

    /** Since it began. */
    public double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }
}
