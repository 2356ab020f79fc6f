package io.understudy.simulation;

/** Messages between nodes: late, reordered, lost, twice, and cut off in one direction or both. */
final class Network {

    private final Agenda agenda;
    /** How many faults cut it. */
    private final int[][] cut;

    private double loss;
    private double late;
    private double twice;

    Network(Agenda agenda, int nodes) {
        this.agenda = agenda;
        cut = new int[nodes][nodes];
    }

    void weather(double lossProbability, double lateProbability, double twiceProbability) {
        loss = lossProbability;
        late = lateProbability;
        twice = twiceProbability;
    }

    void cutOff(int from, int to) {
        cut[from][to]++;
    }

    /** Takes one {@link #cutOff} back; another may still hold. */
    void mend(int from, int to) {
        cut[from][to]--;
    }

    /** Takes all back. */
    void heal() {
        for (int[] row : cut) {
            java.util.Arrays.fill(row, 0);
        }
    }

    boolean reaches(int from, int to) {
        return cut[from][to] == 0;
    }

    boolean bothWays(int one, int other) {
        return reaches(one, other) && reaches(other, one);
    }

    /** A message that may be lost; {@code receiver} decides whether it can be taken. */
    void send(int from, int to, SimulatedProcess receiver, Runnable message) {
        if (!reaches(from, to) || (from != to && agenda.chance(loss))) {
            return;
        }
        deliver(from, to, receiver, message);
        if (from != to && agenda.chance(twice)) {
            deliver(from, to, receiver, message);
        }
    }

    private void deliver(int from, int to, SimulatedProcess receiver, Runnable message) {
        agenda.in(delay(from, to), () -> {
            if (reaches(from, to)) {
                receiver.now(message);
            }
        });
    }

    private long delay(int from, int to) {
        if (from == to) {
            return 20;
        }
        return agenda.chance(late)
                ? agenda.between(5 * Agenda.MS, 1_500 * Agenda.MS)
                : agenda.between(200, 2 * Agenda.MS);
    }
}
