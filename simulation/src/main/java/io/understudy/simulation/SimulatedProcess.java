package io.understudy.simulation;

import java.util.ArrayList;
import java.util.List;

/** An operating system process: what reaches it while it is stopped waits, what reaches it after its death is dropped. */
final class SimulatedProcess {

    private final Agenda agenda;
    private boolean alive;
    private int life;
    private int pauses;
    private long pausedSince;
    private long stoodBefore;
    private List<Runnable> backlog = new ArrayList<>();

    SimulatedProcess(Agenda agenda) {
        this.agenda = agenda;
    }

    boolean isAlive() {
        return alive;
    }

    /** Which life it is in; another one after each start and each death. */
    int life() {
        return life;
    }

    boolean isPaused() {
        return pauses > 0;
    }

    boolean isRunning() {
        return alive && pauses == 0;
    }

    /** Since when it is paused; meaningless when it is not. */
    long pausedSince() {
        return pausedSince;
    }

    /** How long it has been paused in all. */
    long stood() {
        return stoodBefore + (isPaused() ? agenda.now() - pausedSince : 0);
    }

    void start() {
        alive = true;
        life++;
        backlog = new ArrayList<>();
    }

    void die() {
        alive = false;
        life++;
        backlog = new ArrayList<>();
    }

    void pause() {
        if (pauses++ == 0) {
            pausedSince = agenda.now();
        }
    }

    void resume() {
        if (--pauses == 0) {
            stoodBefore += agenda.now() - pausedSince;
            List<Runnable> missed = backlog;
            backlog = new ArrayList<>();
            missed.forEach(this::now);
        }
    }

    /** Runs it now in this life: later when paused, never when dead. */
    void now(Runnable what) {
        if (!alive) {
            return;
        }
        if (pauses > 0) {
            int mine = life;
            backlog.add(() -> {
                if (life == mine) {
                    what.run();
                }
            });
            return;
        }
        what.run();
    }

    /** Runs it after a while, if this life of the process still lasts then. */
    void in(long micros, Runnable what) {
        int mine = life;
        agenda.in(micros, () -> {
            if (life == mine) {
                now(what);
            }
        });
    }
}
