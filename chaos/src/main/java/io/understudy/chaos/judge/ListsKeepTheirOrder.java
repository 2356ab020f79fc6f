package io.understudy.chaos.judge;

import io.understudy.chaos.workload.Outcome;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one client appended to a list, and was acknowledged before it appended more, stands before that. What it gave up on may arrive at
 * any time.
 */
final class ListsKeepTheirOrder implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        List<String> broken = new ArrayList<>();
        BitSet acknowledged = evidence.book().ids(Outcome.ACKNOWLEDGED);
        evidence.stored().lists().forEach((key, items) -> {
            Map<Integer, Integer> highest = new HashMap<>();
            for (int id : items) {
                if (!evidence.book().wasSent(id)) {
                    // That is another promise's concern.
                    continue;
                }
                int client = evidence.book().client(id);
                int before = highest.merge(client, id, Math::max);
                if (before > id && acknowledged.get(id)) {
                    broken.add("in list %d write %d of client %d stands behind its later write %d"
                            .formatted(key, id, client, before));
                }
            }
        });
        return broken;
    }
}
