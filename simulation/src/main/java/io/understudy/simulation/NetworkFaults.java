package io.understudy.simulation;

/** Nodes and links that are cut off in one direction or both, and splits. */
final class NetworkFaults {

    private final World world;
    private final Faults faults;

    NetworkFaults(World world, Faults faults) {
        this.world = world;
        this.faults = faults;
    }

    void isolate(Chance luck, int node) {
        int ways = luck.below(3);
        world.trace().note(node, "FAULT", ways == 0 ? "is cut off" : ways == 1 ? "is not heard" : "hears nothing");
        for (int other = 0; other < world.size(); other++) {
            if (ways != 2) {
                world.network().cutOff(node, other);
            }
            if (ways != 1) {
                world.network().cutOff(other, node);
            }
        }
        healLater(luck);
    }

    void cutOneLink(Chance luck, int node) {
        int other = luck.below(world.size());
        world.trace().note(node, "FAULT", "does not reach n" + (other + 1));
        world.network().cutOff(node, other);
        if (luck.chance(0.5)) {
            world.network().cutOff(other, node);
        }
        healLater(luck);
    }

    void split(Chance luck) {
        int side = 1 + luck.below((1 << world.size()) - 2);
        world.trace().note(-1, "FAULT", "the network splits: " + Integer.toBinaryString(side));
        for (int one = 0; one < world.size(); one++) {
            for (int other = 0; other < world.size(); other++) {
                if ((side >> one & 1) != (side >> other & 1)) {
                    world.network().cutOff(one, other);
                }
            }
        }
        healLater(luck);
    }

    private void healLater(Chance luck) {
        world.agenda().in(luck.chance(0.5) ? Faults.span(luck, 50, 2_000) : Faults.span(luck, 1_000, 12_000), () -> {
            if (faults.isActive()) {
                world.trace().note(-1, "FAULT", "the network is whole again");
                world.network().heal();
            }
        });
    }
}
