package io.understudy.cli.demo;

import java.io.PrintWriter;
import java.util.Locale;

/** Tells people what happens, each line with the seconds since the demonstration began. Thread-safe. */
final class Narrator {

    private final PrintWriter out;
    private final long began = System.nanoTime();

    Narrator(PrintWriter out) {
        this.out = out;
    }

    /** One line, with the time. */
    synchronized void say(String line) {
        out.println(String.format(Locale.ROOT, "%6.1f s  %s", seconds(), line));
        out.flush();
    }

    /** A line without the time, for headings and tables. */
    synchronized void plain(String line) {
        out.println(line);
        out.flush();
    }

    /** Since the demonstration began. */
    double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }
}
