package io.understudy.agent;

import io.understudy.agent.api.ErrorView.Problem;

/** A request that cannot be served; becomes the answer. */
final class ApiProblem extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final transient Problem problem;

    ApiProblem(int status, Problem problem) {
        super(problem.message(), null, false, false);
        this.status = status;
        this.problem = problem;
    }

    static ApiProblem badRequest(String message, String found, String expected) {
        return new ApiProblem(
                400, new Problem("bad-request", message, found, expected, "correct the request and send it again"));
    }

    int status() {
        return status;
    }

    Problem problem() {
        return problem;
    }
}
