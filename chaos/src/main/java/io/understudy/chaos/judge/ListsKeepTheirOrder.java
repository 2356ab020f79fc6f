package io.understudy.chaos.judge;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one client appended to a list, one after the other, stands there in that order. */
final class ListsKeepTheirOrder implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        List<String> broken = new ArrayList<>();
        evidence.stored().lists().forEach((key, items) -> {
            Map<Integer, Integer> lastOfClient = new HashMap<>();
            for (int id : items) {
                int client = evidence.book().client(id);
                Integer before = lastOfClient.put(client, id);
                if (before != null && before > id) {
                    broken.add("in list %d write %d of client %d stands behind its later write %d"
                            .formatted(key, id, client, before));
                }
            }
        });
        return broken;
    }
}
