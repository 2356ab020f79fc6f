package io.understudy.router.admin;

/** Per second, over the last minute, or over less where the router is younger. */
public record Pace(double transactions, double queries, double waits) {
    /** Nothing was seen yet. */
    public static final Pace NONE = new Pace(0, 0, 0);

    Pace plus(Pace more) {
        return new Pace(transactions + more.transactions, queries + more.queries, waits + more.waits);
    }
}
