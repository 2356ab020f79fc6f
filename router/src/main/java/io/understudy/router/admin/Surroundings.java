package io.understudy.router.admin;

import io.understudy.router.RouterSettings;
import java.io.IOException;
import java.util.List;

/** What the program around a router does for its operators. */
public interface Surroundings {
    /** A router that has its settings from a program: nothing can be read again. */
    Surroundings NONE = new Surroundings() {
        @Override
        public List<Setting> configuration(RouterSettings now) {
            return Setting.fixed(now);
        }

        @Override
        public void reload() {
            throw new UnsupportedOperationException("this router has no file of its own");
        }
    };

    /** Every setting as it counts now; called on the event loop, so it must not wait. Nothing secret is among them. */
    List<Setting> configuration(RouterSettings now);

    /**
     * Reads the configuration again; returns when the new settings count. Called on a thread of its own, one at a time.
     *
     * @throws IOException when there is something wrong with them; its message is told to the operator, and nothing changed
     * @throws UnsupportedOperationException when there is nothing to be read
     */
    void reload() throws IOException, InterruptedException;
}
