package drover.simulation;

import drover.simulation.Timeline.Happening;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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
    private final boolean control;
    private final List<Runnable> mourners = new ArrayList<>();
    private boolean dead;
    private boolean stopped;
    private int turns;

    /**
     * A process that runs.
     *
     * @param control whether it is one of those that speak for a host
     */
    HostProcess(Timeline timeline, String name, SplittableRandom random, Wire wire, boolean control) {
        this.control = control;
        this.wire = wire;
        this.timeline = timeline;
        this.name = name;
        this.random = random;
    }

    /**
     * A control process that starts.
     *
     * @param dice which dice are its own
     * @param life how many of this name were before
     */
    static HostProcess control(World world, String name, int dice, int life, Wire wire) {
        String which = name + "." + life;
        world.note(() -> which + " starts");
        return new HostProcess(world.timeline(), which, Dice.of(world.plan().seed(), dice, life), wire, true);
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

    /** Whether it is one of those that speak for a host. */
    boolean isControl() {
        return control;
    }

    /** How often it has been stopped or continued. */
    int turns() {
        return turns;
    }

    /** Does this when the process has died. */
    void whenDead(Runnable what) {
        if (dead) {
            what.run();
        } else {
            mourners.add(what);
        }
    }

    /** SIGSTOP. */
    void stop() {
        stopped = true;
        turns++;
    }

    /** SIGCONT. */
    void resume() {
        if (stopped && !dead) {
            stopped = false;
            turns++;
            while (!held.isEmpty()) {
                timeline.at(timeline.now(), held.remove());
            }
        }
    }

    /** SIGKILL, or the end of its main thread. */
    void die() {
        if (dead) {
            return;
        }
        dead = true;
        held.clear();
        mourners.forEach(Runnable::run);
        mourners.clear();
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
