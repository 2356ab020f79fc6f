package io.understudy.engines.postgres;

import java.io.IOException;

/** Signals to one process. */
final class Signals {

    private Signals() {}

    static void send(String name, long pid) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " " + pid + " ended with " + status);
        }
    }
}
