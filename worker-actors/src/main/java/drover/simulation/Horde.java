package drover.simulation;

import drover.job.Job;
import drover.job.JobState;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The AI Horde as a worker sees it: it hands out jobs with a time to live, aborts in a sweep every 60 s what is too old by
 * then, answers a second submit with {@code DuplicateGen} and one that comes after the sweep with {@code AbortedGen}, and
 * hands out nothing more once more than 20 jobs were dropped within an hour.
 */
final class Horde {
    private static final long SWEEP = 60_000_000_000L;
    private static final long HOUR = 3_600_000_000_000L;
    private static final int DROPPED = 20;

    private final World world;
    private final SplittableRandom random;
    private final Map<Integer, Generation> generations = new HashMap<>();
    private int dropped;
    private long windowSince;

    private static final class Generation {
        private final long popped;
        private final long timeToLive;
        private boolean submitted;
        private boolean aborted;

        private Generation(long popped, long timeToLive) {
            this.popped = popped;
            this.timeToLive = timeToLive;
        }
    }

    Horde(World world) {
        this.world = world;
        this.random = Dice.of(world.plan().seed(), 9);
        if (world.plan().orders().stream().anyMatch(Order::horde)) {
            world.timeline().at(SWEEP, this::sweep);
        }
    }

    /** Hands out a job; false in maintenance. */
    boolean pop(Order order) {
        if (dropped > DROPPED) {
            return false;
        }
        generations.put(
                order.index(), new Generation(world.now(), order.useful().toNanos()));
        return true;
    }

    private void sweep() {
        generations.values().forEach(it -> {
            if (!it.submitted && !it.aborted && world.now() - it.popped > it.timeToLive) {
                it.aborted = true;
                drop();
            }
        });
        world.timeline().at(world.now() + SWEEP, this::sweep);
    }

    private void drop() {
        if (world.now() - windowSince > HOUR) {
            windowSince = world.now();
            dropped = 0;
        }
        dropped++;
    }

    /** The worker's answer to a job, as often as it takes until it knows that it has arrived. */
    void submit(Order order, Job job) {
        long way = Dice.spread(random, 10_000_000L, 1_000_000_000L);
        boolean answerLost = Dice.chance(random, 0.1);
        world.timeline().at(world.now() + way, () -> {
            Generation it = generations.get(order.index());
            if (it == null) {
                throw new Violation(
                        "only what was popped is submitted", job.id().toString());
            }
            boolean duplicate = it.submitted;
            if (!it.aborted && !duplicate) {
                it.submitted = true;
                if (job.state() != JobState.DELIVERED) {
                    drop();
                }
            }
            if (answerLost) {
                submit(order, job);
            }
        });
    }

    /** The run is over. */
    void close() {
        generations.forEach((order, it) -> {
            if (!it.submitted && !it.aborted) {
                throw new Violation("every popped job is answered", "order " + order + " was not");
            }
        });
    }
}
