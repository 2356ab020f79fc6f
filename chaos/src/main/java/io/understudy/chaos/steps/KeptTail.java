package io.understudy.chaos.steps;

import io.understudy.agent.api.QuarantineView;
import io.understudy.cli.api.RequestRefusedException;
import io.understudy.cli.local.LocalNode;
import java.io.IOException;
import java.util.List;

/** Whether a node kept the log that only it had. What it kept is dropped afterwards: there would be one more each time. */
final class KeptTail {

    private KeptTail() {}

    /** What is wrong, in words. */
    static List<String> problems(LocalNode node) throws IOException {
        try {
            List<QuarantineView.Copy> copies = node.agent().quarantine().copies();
            for (QuarantineView.Copy copy : copies) {
                node.agent().dropQuarantined(copy.id());
            }
            return copies.isEmpty()
                    ? List.of(node.id() + " had log that nobody else had, and nothing of it was kept")
                    : List.of();
        } catch (RequestRefusedException refused) {
            return List.of("What " + node.id() + " kept could not be looked at: " + refused.getMessage());
        }
    }
}
