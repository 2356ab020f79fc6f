package io.understudy.simulation;

/**
 * Every process of a primary's server has its own copy of whom commits wait for. Two copies with different values among them release by a
 * mixture of both, which no configuration allows: a change passes through nobody.
 */
final class OneValueAtATime implements Checker {

    private final World world;

    OneValueAtATime(World world) {
        this.world = world;
    }

    @Override
    public String promise() {
        return "one in-sync value at a time";
    }

    @Override
    public void tookOver(Database primary) {
        if (primary.obeyedNow().size() > 1) {
            world.checks()
                    .violated(promise(), "processes of n" + (primary.node + 1) + " obey all of " + primary.obeyedNow());
        }
    }
}
