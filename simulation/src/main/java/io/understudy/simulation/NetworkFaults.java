package io.understudy.simulation;

import java.util.ArrayList;
import java.util.List;

/** Nodes and links that are cut off in one direction or both, and splits. Each ends by itself, whatever else is cut by then. */
final class NetworkFaults {

    private final World world;
    private final Faults faults;

    NetworkFaults(World world, Faults faults) {
        this.world = world;
        this.faults = faults;
    }

    private record Link(int from, int to) {}

    void isolate(Chance luck, int node) {
        int ways = luck.below(3);
        world.trace().note(node, "FAULT", ways == 0 ? "is cut off" : ways == 1 ? "is not heard" : "hears nothing");
        List<Link> links = new ArrayList<>();
        for (int other = 0; other < world.size(); other++) {
            if (other == node) {
                continue;
            }
            if (ways != 2) {
                links.add(new Link(node, other));
            }
            if (ways != 1) {
                links.add(new Link(other, node));
            }
        }
        cut(luck, links);
    }

    void cutOneLink(Chance luck, int node) {
        int other = luck.below(world.size());
        world.trace().note(node, "FAULT", "does not reach n" + (other + 1));
        boolean bothWays = luck.chance(0.5);
        if (other == node) {
            return;
        }
        cut(luck, bothWays ? List.of(new Link(node, other), new Link(other, node)) : List.of(new Link(node, other)));
    }

    void split(Chance luck) {
        int side = 1 + luck.below((1 << world.size()) - 2);
        world.trace().note(-1, "FAULT", "the network splits: " + Integer.toBinaryString(side));
        List<Link> links = new ArrayList<>();
        for (int one = 0; one < world.size(); one++) {
            for (int other = 0; other < world.size(); other++) {
                if ((side >> one & 1) != (side >> other & 1)) {
                    links.add(new Link(one, other));
                }
            }
        }
        cut(luck, links);
    }

    private void cut(Chance luck, List<Link> links) {
        links.forEach(link -> world.network().cutOff(link.from(), link.to()));
        world.agenda().in(luck.chance(0.5) ? Faults.span(luck, 50, 2_000) : Faults.span(luck, 1_000, 12_000), () -> {
            if (faults.isActive()) {
                world.trace().note(-1, "FAULT", links.size() + " cut links are mended");
                links.forEach(link -> world.network().mend(link.from(), link.to()));
            }
        });
    }
}
