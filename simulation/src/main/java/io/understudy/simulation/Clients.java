package io.understudy.simulation;

import java.util.ArrayList;
import java.util.List;

/** Send unique writes to whatever server calls itself a primary, the present one or a former one. */
final class Clients {

    private final World world;
    private long writes;

    Clients(World world) {
        this.world = world;
    }

    void begin() {
        next();
    }

    private void next() {
        world.agenda().in(world.agenda().between(10 * Agenda.MS, 160 * Agenda.MS), () -> {
            List<Database> primaries = new ArrayList<>();
            for (int node = 0; node < world.size(); node++) {
                if (world.database(node).state == Database.State.PRIMARY) {
                    primaries.add(world.database(node));
                }
            }
            if (!primaries.isEmpty()) {
                Database chosen = primaries.get(world.agenda().below(primaries.size()));
                ClientWrite write =
                        new ClientWrite(++writes, chosen.node, world.agenda().now());
                chosen.server.now(() -> chosen.commit(write));
            }
            next();
        });
    }
}
