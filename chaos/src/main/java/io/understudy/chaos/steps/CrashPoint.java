package io.understudy.chaos.steps;

/**
 * Where somebody is killed.
 *
 * @param role of the node in the scenario
 * @param time the how manieth time that a node of this role is there, from 1
 */
record CrashPoint(String scenario, String role, Moment moment, int time, Kill kill) {

    CrashPoint {
        if (time < 1) {
            throw new IllegalArgumentException("The first time is 1, found " + time);
        }
    }

    boolean isAt(String nodesRole, Moment found, int foundTime) {
        return role.equals(nodesRole) && moment.equals(found) && time == foundTime;
    }

    @Override
    public String toString() {
        return scenario + ", " + role + ", " + moment + (time == 1 ? "" : " (time " + time + ")") + ", " + kill;
    }
}
