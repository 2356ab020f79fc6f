package io.understudy.simulation;

/** One client's write: its number is chosen before it is sent and never sent again. */
final class ClientWrite {

    final long number;
    final int node;
    final long sentAt;
    long epoch;
    int position = -1;
    long acknowledgedAt = -1;
    Waiting under = Waiting.FOR_NOBODY_THAT_EXISTS;

    ClientWrite(long number, int node, long sentAt) {
        this.number = number;
        this.node = node;
        this.sentAt = sentAt;
    }

    @Override
    public String toString() {
        return "write " + number + " (node " + node + ", epoch " + epoch + ", position " + position + ", under "
                + under.configuration() + ")";
    }
}
