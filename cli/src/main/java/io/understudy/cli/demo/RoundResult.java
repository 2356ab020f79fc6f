package io.understudy.cli.demo;

import io.understudy.agent.api.HistoryView.ReceiptView;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one round showed.
 *
 * @param acknowledged orders of the round whose COMMIT returned
 * @param lost acknowledged and not there
 * @param duplicated there more than once
 * @param unknown sent and not acknowledged
 * @param receipt what the cluster says was lost; empty when it says nothing
 * @param outageMillis how long writes were out; empty when none was ever acknowledged
 * @param oldPrimary before the fault
 * @param newPrimary after it; the same when nobody had to take over
 * @param epoch after it
 * @param reason why somebody took over; empty when nobody had to
 * @param healed whether all nodes are healthy again
 * @param healMillis from the fault until they were; empty when they are not
 * @param broken what was not kept, in words; empty when everything was. Not part of the JSON line
 */
record RoundResult(
        String mode,
        String fault,
        long acknowledged,
        long lost,
        long duplicated,
        long unknown,
        Optional<ReceiptView> receipt,
        Optional<Long> outageMillis,
        String oldPrimary,
        String newPrimary,
        long epoch,
        Optional<String> reason,
        boolean healed,
        Optional<Long> healMillis,
        List<String> broken) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    RoundResult {
        broken = List.copyOf(broken);
    }

    boolean isKept() {
        return broken.isEmpty();
    }

    /** One line, its fields always there and in this order; what is absent is null. */
    String json() {
        ObjectNode line = JSON.createObjectNode();
        line.put("mode", mode).put("fault", fault);
        line.put("acknowledged", acknowledged).put("lost", lost);
        line.put("duplicated", duplicated).put("unknown", unknown);
        line.putPOJO("receipt", receipt.map(RoundResult::json).orElse(null));
        line.put("outageMillis", outageMillis.orElse(null));
        line.put("oldPrimary", oldPrimary).put("newPrimary", newPrimary);
        line.put("epoch", epoch);
        line.put("reason", reason.orElse(null));
        line.put("healed", healed);
        line.put("healMillis", healMillis.orElse(null));
        return JSON.writeValueAsString(line);
    }

    private static ObjectNode json(ReceiptView receipt) {
        return JSON.createObjectNode()
                .put("epoch", receipt.epoch())
                .put("transactions", receipt.transactions())
                .put("bytes", receipt.bytes())
                .put("from", receipt.from())
                .put("to", receipt.to());
    }
}
