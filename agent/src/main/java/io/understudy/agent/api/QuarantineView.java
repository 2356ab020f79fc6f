package io.understudy.agent.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code GET /v1/quarantine}: the kept copies of diverged data on one node, newest first. */
public record QuarantineView(int version, String node, List<Copy> copies) {

    public QuarantineView {
        copies = List.copyOf(copies);
    }

    /**
     * @param id unique on its node
     * @param bytes its size on disk
     * @param receipt what it holds that the cluster does not; empty until measured
     * @param openAt {@code host:port} of the server that shows it read-only, empty while closed
     */
    public record Copy(
            String id,
            String directory,
            Instant keptAt,
            long bytes,
            String reason,
            Optional<HistoryView.ReceiptView> receipt,
            Optional<String> openAt) {}

    /** {@code POST /v1/quarantine/ID/open}: a server shows the copy read-only at {@code host:port}. */
    public record Opened(int version, String node, String id, String host, int port) {}
}
