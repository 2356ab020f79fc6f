package io.understudy.cli.api;

import io.understudy.agent.api.ErrorView.Problem;

/** An agent answered that it will not do it, and why. */
public final class RequestRefusedException extends Exception {

    private static final long serialVersionUID = 1;

    private final transient Problem problem;
    private final int status;

    public RequestRefusedException(int status, Problem problem) {
        super(describe(problem));
        this.status = status;
        this.problem = problem;
    }

    /** As the agent put it. */
    public Problem problem() {
        return problem;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    private static String describe(Problem problem) {
        StringBuilder text = new StringBuilder(problem.code()).append(": ").append(problem.message());
        append(text, "found", problem.found());
        append(text, "expected", problem.expected());
        append(text, "next", problem.next());
        return text.toString();
    }

    private static void append(StringBuilder text, String name, String value) {
        if (value != null && !value.isBlank()) {
            text.append("\n  ").append(name).append(": ").append(value);
        }
    }
}
