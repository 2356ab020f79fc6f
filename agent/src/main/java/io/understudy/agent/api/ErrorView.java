package io.understudy.agent.api;

/** Every answer with a status of 400 or more below {@code /v1}. */
public record ErrorView(Problem error) {

    /**
     * @param code stable, for programs: {@code not-found}, {@code wrong-method}, {@code bad-request}, {@code too-large},
     *     {@code refused}, {@code conflict}, {@code no-raft-leader}, {@code busy}, {@code failed}
     * @param message what happened
     * @param found what was met
     * @param expected what would have been right
     * @param next what to do now
     */
    public record Problem(String code, String message, String found, String expected, String next) {}
}
