package io.understudy.cli.node;

import java.io.IOException;

/** One node's agent with its engine, from a node file. */
public final class AgentRun {

    private AgentRun() {}

    /** Runs until the process is told to end. */
    public static void untilStopped(NodeFile file) throws IOException, InterruptedException {
        OneLineFormat.install();
        throw new IOException("not there yet");
    }
}
