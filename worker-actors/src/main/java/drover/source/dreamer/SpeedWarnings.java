package drover.source.dreamer;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether jobs go so slowly that they are hardly worth it, or so fast that the server does not believe it. Each is said when
 * it begins, and not for every job. Not for use by several threads.
 */
final class SpeedWarnings {
    /** Kudos for each second of work; the existing worker calls less slow. */
    static final double LEAST_KUDOS_PER_SECOND = 0.4;

    /** Pixel-steps of one picture for each second since the pop; the server suspects whoever is faster. */
    static final double MOST_PIXEL_STEPS_PER_SECOND = 20e6;

    private boolean slow;
    private boolean fast;

    /**
     * A job that was rewarded.
     *
     * @param reward of all its pictures
     * @param work from when a node had it until it was answered, without loading
     * @param pixelSteps of one picture, as the server counts them
     * @param sincePop until it was answered
     */
    record Answered(double reward, Duration work, long pixelSteps, Duration sincePop) {}

    /**
     * Looks at one.
     *
     * @param quiet whether slow ones pass without a word
     * @return what the operator should know
     */
    Optional<String> of(Answered job, boolean quiet) {
        double perSecond = job.reward() / seconds(job.work());
        boolean wasSlow = slow;
        slow = job.reward() > 0 && perSecond < LEAST_KUDOS_PER_SECOND;
        boolean wasFast = fast;
        fast = job.pixelSteps() / seconds(job.sincePop()) > MOST_PIXEL_STEPS_PER_SECOND;
        if (slow && !wasSlow && !quiet) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "jobs are slow here: %.2f kudos a second, and %.1f are usual; a smaller max_power, fewer threads or"
                            + " fewer models help (suppress_speed_warnings keeps this quiet)",
                    perSecond,
                    LEAST_KUDOS_PER_SECOND));
        }
        return fast && !wasFast
                ? Optional.of(
                        "jobs are done faster than the server believes (20 megapixel-steps a second); a worker whose"
                                + " owner is not trusted is paused when that goes on: tell the Horde's people what it runs on")
                : Optional.empty();
    }

    private static double seconds(Duration time) {
        return Math.max(0.001, time.toMillis() / 1000.0);
    }
}
