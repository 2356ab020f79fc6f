package io.understudy.chaos.workload;

import io.understudy.chaos.lab.Lab;
import io.understudy.cli.local.LocalNode;
import io.understudy.core.cluster.Endpoint;
import java.util.List;
import java.util.Optional;

/** The ways that there are. */
final class Ways {

    /** The name of the way through a router. */
    static final String ROUTER = "router";

    private Ways() {}

    /** Straight to whoever the agents call primary. */
    static Way primary(Lab lab) {
        return new Way() {
            @Override
            public String name() {
                return "primary";
            }

            @Override
            public Optional<Endpoint> next() {
                return lab.primaries()
                        .primary()
                        .map(node -> lab.node(node.name()).addresses().database());
            }

            @Override
            public void failed() {
                lab.primaries().suspect();
            }

            @Override
            public boolean isOutdated(Endpoint where) {
                return next().filter(now -> !now.equals(where)).isPresent();
            }
        };
    }

    /** Through the router of a node, and of the next one when that does not work. */
    static Way router(Lab lab, int first) {
        List<Endpoint> routers = lab.nodes().stream()
                .map(node -> node.addresses().router().orElseThrow())
                .toList();
        return new Way() {
            private volatile int at = first % routers.size();

            @Override
            public String name() {
                return ROUTER;
            }

            @Override
            public Optional<Endpoint> next() {
                return Optional.of(routers.get(at));
            }

            @Override
            public void failed() {
                at = (at + 1) % routers.size();
            }

            @Override
            public boolean isOutdated(Endpoint where) {
                return false;
            }
        };
    }

    /** One node, whatever it is. */
    static Way node(LocalNode node) {
        return new Way() {
            @Override
            public String name() {
                return node.id().name();
            }

            @Override
            public Optional<Endpoint> next() {
                return Optional.of(node.addresses().database());
            }

            @Override
            public void failed() {}

            @Override
            public boolean isOutdated(Endpoint where) {
                return false;
            }
        };
    }
}
