package drover.watchdog;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Monotonic time during which the watchdog itself was able to run. A process that was stopped and continued, or a host
 * that was suspended, hears everything at once afterwards: deadlines first, then the advances that came in the meantime.
 * Counting that pause would condemn every healthy attempt, so most of it is left out: a watchdog that reads its clock at
 * least once every {@code pulse} and sees a gap far longer than that knows that it slept, and counts the gap as a single
 * pulse. Time still passes, so a real stall is found even by a watchdog that is hardly ever awake, only later.
 *
 * <p>Not thread-safe; owned by one actor.
 */
final class AwakeClock {
    private final LongSupplier nanoTime;
    private final long pulse;
    private final long longestGap;
    private long lastRead;
    private long slept;
    private boolean resting = true;

    /**
     * A clock that nobody has to read yet.
     *
     * @param nanoTime monotonic nanoseconds
     * @param pulse how often the clock is read at least, unless it {@link #rest}s
     * @param tolerance by how much a reading may be late before the gap counts as sleep
     */
    AwakeClock(LongSupplier nanoTime, Duration pulse, Duration tolerance) {
        this.nanoTime = nanoTime;
        this.pulse = pulse.toNanos();
        this.longestGap = pulse.plus(tolerance).toNanos();
        this.lastRead = nanoTime.getAsLong();
    }

    /** The time, in nanoseconds from an arbitrary origin. */
    long now() {
        long read = nanoTime.getAsLong();
        long gap = read - lastRead;
        lastRead = read;
        if (gap > longestGap && !resting) {
            slept += gap - pulse;
        }
        resting = false;
        return read - slept;
    }

    /** There is nothing to be late for until the next reading, so the gap up to it is not sleep. */
    void rest() {
        resting = true;
    }

    /** How much has been left out so far. */
    Duration slept() {
        return Duration.ofNanos(slept);
    }
}
