package io.understudy.guard;

import org.jspecify.annotations.Nullable;

/**
 * All a restarted agent needs to adopt a guard.
 *
 * @param guardPid the guard's own process
 * @param server the server under it
 * @param armed the deadline in force, or null when none is
 * @param fences how many times this guard killed a server because a deadline passed
 * @param lastFence the latest of them, or null when there was none
 */
public record GuardStatus(
        long guardPid,
        ServerState server,
        @Nullable Arming armed,
        long fences,
        @Nullable Fence lastFence) {
    /** A deadline in force. @param epoch whose @param deadlineNanos in {@link System#nanoTime} of this machine */
    public record Arming(long epoch, long deadlineNanos) {}
}
