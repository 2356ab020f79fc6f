package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import io.understudy.core.reconciler.LocalObservation.Replica;
import io.understudy.engines.postgres.Glance.Sender;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who copies from this server, and that each is who its name says. */
final class Replicas {

    private static final Set<String> COPYING = Set.of("catchup", "streaming", "stopping");

    private final Node node;
    private Set<Integer> suspects = Set.of();

    Replicas(Node node) {
        this.node = node;
    }

    List<Replica> of(Glance glance) {
        List<Replica> replicas = new ArrayList<>();
        for (Sender sender : glance.senders()) {
            Optional<NodeId> member = memberOf(sender);
            if (member.isPresent()) {
                replicas.add(new Replica(
                        member.get(),
                        sender.state().equals("streaming"),
                        isDirect(sender, member.get()),
                        sender.flushed(),
                        sender.replayed(),
                        glance.position().bytesSince(sender.flushed()),
                        Duration.ofMillis(Math.max(0, sender.silenceMillis()))));
            }
        }
        return replicas;
    }

    /**
     * Ends whoever uses a member's name, login or slot without all three being that member's: it would confirm in its
     * place. Seen twice, because name and slot of one that has just come are not read at the same moment.
     */
    void endImpostors(Glance glance) throws SQLException {
        Set<Integer> seen = new HashSet<>();
        for (Sender sender : glance.senders()) {
            if (COPYING.contains(sender.state()) && isImpostor(sender)) {
                seen.add(sender.pid());
                if (suspects.contains(sender.pid())) {
                    node.link.run("select pg_terminate_backend(" + sender.pid() + ")");
                }
            }
        }
        suspects = seen;
    }

    static boolean isDirect(Sender sender, NodeId member) {
        return sender.login().equals(Roles.loginOf(member))
                && sender.application().equals(member.name())
                && sender.slot().equals(Roles.slotOf(member));
    }

    private boolean isImpostor(Sender sender) {
        return node.settings.members().stream()
                .anyMatch(member -> !isDirect(sender, member)
                        && (sender.application().equalsIgnoreCase(member.name())
                                || sender.login().equals(Roles.loginOf(member))
                                || sender.slot().equals(Roles.slotOf(member))));
    }

    private Optional<NodeId> memberOf(Sender sender) {
        return node.settings.members().stream()
                .filter(member -> sender.login().equals(Roles.loginOf(member)))
                .findFirst();
    }
}
