package io.understudy.cli.view;

import io.understudy.agent.api.HistoryView;
import io.understudy.agent.api.HistoryView.Candidate;
import io.understudy.agent.api.HistoryView.Change;
import io.understudy.agent.api.HistoryView.ReceiptView;
import java.util.ArrayList;
import java.util.List;

/** {@code history} as text: every change of primary, oldest first. */
public final class HistoryText {

    private HistoryText() {}

    /** The lines. */
    public static List<String> render(HistoryView view) {
        List<String> lines = new ArrayList<>();
        if (view.changes().isEmpty()) {
            lines.add("no primary yet");
        }
        for (Change change : view.changes()) {
            lines.add("epoch " + change.epoch() + "  " + change.cause() + "  "
                    + change.from().orElse("nobody") + " -> " + change.to().orElse("not chosen yet"));
            lines.add("  began    " + change.beganAt());
            change.grantedAt().ifPresent(at -> lines.add("  granted  " + at));
            lines.add("  opened   " + change.openedAt().map(Object::toString).orElse("not yet")
                    + change.tookMillis()
                            .map(took -> " (" + took + " ms after it began)")
                            .orElse(""));
            lines.add("  why      " + change.rule() + ": " + change.reason());
            change.grantReason().ifPresent(why -> lines.add("  chosen   " + why));
            change.candidates().forEach(candidate -> lines.add("  vote     " + vote(candidate)));
            change.boundary()
                    .ifPresent(at ->
                            lines.add("  boundary " + at.position() + ", next transaction " + at.nextTransactionId()));
            change.receipt().ifPresent(receipt -> lines.add("  receipt  " + receipt(receipt)));
            change.noReceipt().ifPresent(why -> lines.add("  receipt  " + why));
        }
        return lines;
    }

    /** What a failover lost, in one line. */
    public static String receipt(ReceiptView receipt) {
        return receipt.transactions() + " transactions, " + receipt.bytes() + " bytes of epoch " + receipt.epoch()
                + "'s log lost, " + receipt.from() + " to " + receipt.to();
    }

    private static String vote(Candidate candidate) {
        return candidate.node()
                + candidate
                        .position()
                        .map(position -> " (epoch "
                                + candidate.lastEpoch().map(Object::toString).orElse("?") + ", " + position + ")")
                        .orElse(" (none)")
                + ": " + candidate.verdict();
    }
}
