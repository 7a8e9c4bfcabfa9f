package drover.horde;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How the time between tries grows: twice as long each time, up to a limit, less a random part, so that workers which
 * failed together do not come back together.
 *
 * @param first after the first try
 * @param longest the limit
 * @param jitter which part of it is random, 0 to 1
 */
public record Backoff(Duration first, Duration longest, double jitter) {
    /** For results that wait to be told: soon again, as the job's time runs. */
    public static final Backoff SUBMIT = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), 0.2);

    /** For workers that look for work while the server is away. */
    public static final Backoff POP = new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(60), 0.2);

    private static final int MAX_DOUBLINGS = 30;

    public Backoff {
        if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0 || jitter < 0 || jitter > 1) {
            throw new IllegalArgumentException(
                    "a back-off must grow from a positive time to a longer one with a jitter of 0 to 1, not from "
                            + first + " to " + longest + " with " + jitter);
        }
    }

    /**
     * How long to wait.
     *
     * @param failures tries that failed so far, from 1
     */
    public Duration after(int failures, RandomGenerator random) {
        int doublings = Math.clamp(failures - 1L, 0, MAX_DOUBLINGS);
        double millis = Math.min((double) longest.toMillis(), (double) first.toMillis() * Math.pow(2, doublings));
        return Duration.ofMillis(Math.round(millis * (1 - jitter * random.nextDouble())));
    }
}
