package io.understudy.simulation;

import io.understudy.core.reconciler.Assignment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Whose agent knows that no Grant allows its server to write has it end the server at once, also while a lease would last. Time in which
 * the agent or the server stood still does not count, nor that in which the agent was busy with a step it had begun before.
 */
final class NobodyWritesWithoutAGrant implements Checker {

    private static final long LIMIT = Agenda.SECOND;

    /** Since when a life of an agent knows it of a life of a server, both by how long they have run. */
    private record Known(int agent, int server, long since) {}

    private final World world;
    private final Map<Integer, Known> known = new HashMap<>();

    NobodyWritesWithoutAGrant(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "nobody writes without a Grant";
    }

    @Override
    public void written(ClientWrite write) {
        Database server = world.database(write.node);
        Agent agent = world.agent(write.node);
        // Of one whose postmaster is gone an agent knows no more than that it does not answer.
        boolean knows = !server.orphaned
                && agent.acted()
                        .filter(assignment -> !allows(assignment, server))
                        .isPresent();
        if (!knows) {
            known.remove(write.node);
            return;
        }
        long ran = world.agenda().now() - server.server.stood() - agent.process.stood();
        Known before = known.get(write.node);
        if (before == null || before.agent != agent.process.life() || before.server != server.server.life()) {
            known.put(write.node, new Known(agent.process.life(), server.server.life(), ran));
        } else if (ran - before.since > LIMIT) {
            world.checks()
                    .violated(
                            promise(),
                            "n" + (write.node + 1) + " writes " + (ran - before.since) / 1_000
                                    + " ms after its agent knew that it must not: " + write);
        }
    }

    private static boolean allows(Assignment assignment, Database server) {
        return assignment instanceof Assignment.Lead lead
                && lead.tenure().timeline().number() == server.timelineToWrite
                && server.disk.incarnation.equals(
                        Optional.of(lead.tenure().holder().incarnation()));
    }
}
