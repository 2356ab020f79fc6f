package io.understudy.chaos.steps;

/** What is killed at a crash point. */
enum Kill {
    AGENT("agent killed"),
    NODE("node killed");

    private final String text;

    Kill(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
