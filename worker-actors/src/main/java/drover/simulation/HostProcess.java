package drover.simulation;

import drover.simulation.Timeline.Happening;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;

/**
 * A process of the operating system: it runs, is stopped by a signal, or is dead. What falls due while it is stopped
 * happens when it is continued, in its order; what falls due after its death does not happen.
 */
final class HostProcess {
    private final Timeline timeline;
    private final String name;
    private final SplittableRandom random;
    private final Deque<Happening> held = new ArrayDeque<>();
    private final Wire wire;
    private boolean dead;
    private boolean stopped;
    private int stops;

    HostProcess(Timeline timeline, String name, SplittableRandom random, Wire wire) {
        this.wire = wire;
        this.timeline = timeline;
        this.name = name;
        this.random = random;
    }

    /** Names this process and no other. */
    String name() {
        return name;
    }

    /** Dice of this process alone. */
    SplittableRandom random() {
        return random;
    }

    /** Its way to other processes. */
    Wire wire() {
        return wire;
    }

    boolean isDead() {
        return dead;
    }

    boolean isStopped() {
        return stopped;
    }

    /** How often it has been stopped. */
    int stops() {
        return stops;
    }

    /** SIGSTOP. */
    void stop() {
        stopped = true;
        stops++;
    }

    /** SIGCONT. */
    void resume() {
        if (stopped && !dead) {
            stopped = false;
            while (!held.isEmpty()) {
                timeline.at(timeline.now(), held.remove());
            }
        }
    }

    /** SIGKILL, or the end of its main thread. */
    void die() {
        dead = true;
        held.clear();
    }

    /** Lets something happen in this process. */
    void at(long time, Runnable what) {
        timeline.at(time, new Happening() {
            @Override
            void happen() {
                if (runs(this)) {
                    what.run();
                }
            }
        });
    }

    /** Whether something that has fallen due happens now; if the process is stopped it is held. */
    boolean runs(Happening due) {
        if (dead) {
            return false;
        }
        if (stopped) {
            held.add(due);
            return false;
        }
        return true;
    }
}
