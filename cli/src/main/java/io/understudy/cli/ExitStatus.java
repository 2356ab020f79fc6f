package io.understudy.cli;

/** The exit statuses of every verb; shown by each {@code --help}. */
public final class ExitStatus {

    /** Done; for {@code demo}: every round kept its promise and all nodes are healthy. */
    public static final int DONE = 0;

    /** Refused by the cluster, or not kept: a broken promise, an unhealthy node, a failed action. */
    public static final int FAILED = 1;

    /** The command line is wrong, or this machine lacks what it asks for. */
    public static final int USAGE = 2;

    /** No agent answered. */
    public static final int UNREACHABLE = 3;

    /** Accepted and not finished in the time allowed; it may still happen. */
    public static final int UNFINISHED = 4;

    /** What {@link #FAILED} and the others mean, for picocli's help. */
    public static final String DONE_TEXT = "0:done";

    public static final String FAILED_TEXT = "1:refused by the cluster, or failed";
    public static final String USAGE_TEXT = "2:wrong command line, or this machine lacks what was asked for";
    public static final String UNREACHABLE_TEXT = "3:no agent answered";
    public static final String UNFINISHED_TEXT = "4:accepted, but not finished in the time allowed";

    private ExitStatus() {}
}
