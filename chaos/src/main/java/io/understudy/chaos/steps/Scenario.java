package io.understudy.chaos.steps;

import java.io.IOException;

/**
 * One way that a cluster goes, at whose steps somebody is killed.
 *
 * @param name for {@code --scenario}
 * @param database which PostgreSQL its nodes run
 * @param text what it does, in words
 */
record Scenario(String name, Database database, String text, Staging staging) {

    /** Which PostgreSQL. */
    enum Database {
        EMBEDDED,
        /** The machine's, with {@code pg_rewind}. */
        INSTALLED
    }

    /** Assigns the roles, on a cluster that is whole. */
    interface Staging {
        Play on(Field field) throws IOException;
    }
}
