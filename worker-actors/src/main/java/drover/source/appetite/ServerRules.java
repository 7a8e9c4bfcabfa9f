package drover.source.appetite;

import drover.job.TimeToLive;
import drover.source.models.Baseline;
import java.util.Set;

/** What the Horde's server will do, as far as a worker has to foresee it. */
public final class ServerRules {
    /** One more ended badly within an hour, and the server puts the worker into maintenance. */
    static final int TOLERATED_FAILURES = 20;

    private static final Set<String> DOUBLE_SAMPLERS =
            Set.of("k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde");
    private static final String ADAPTIVE_SAMPLER = "k_dpm_adaptive";
    private static final int ADAPTIVE_STEPS = 40;
    private static final double THREEFOLD = 3;
    private static final double BATCH_DIVISOR = 3.5;
    /** What post-processing counts at least when pictures are put together; that which takes long counts more. */
    private static final double ENLARGING_DIVISOR = 1.4;

    private ServerRules() {}

    /**
     * How long the server waits for a job, in seconds from the pop. Batch, post-processing, hires fix and loading are not in
     * it.
     *
     * @param pixels width × height
     * @param steps as asked for
     * @param sampler the Horde's name
     * @param control whether there is a {@code control_type}
     * @param baseline of the models that were asked for
     * @param extraSlow whether the worker says that it is extra slow
     */
    public static double timeToLive(
            double pixels, int steps, String sampler, boolean control, Baseline baseline, boolean extraSlow) {
        double counted = sampler.equals(ADAPTIVE_SAMPLER) ? ADAPTIVE_STEPS : steps;
        if (DOUBLE_SAMPLERS.contains(sampler)) {
            counted *= 2;
        }
        return timeToLive(pixels * counted, control, baseline, extraSlow);
    }

    /** The same from the pixel-steps that are counted. */
    static double timeToLive(double pixelSteps, boolean control, Baseline baseline, boolean extraSlow) {
        double times = (control ? 2 : 1) * (baseline.threefoldTime() ? THREEFOLD : 1);
        return TimeToLive.seconds(pixelSteps, times) * (extraSlow ? THREEFOLD : 1);
    }

    /**
     * How many pictures the server puts into one job at most, without post-processing, which makes it fewer.
     *
     * @param pixels of each picture
     * @param maxPixels as offered
     * @param amount as offered
     */
    public static int batch(double pixels, double maxPixels, int amount) {
        long granted = Math.round(maxPixels / BATCH_DIVISOR * amount / pixels);
        return Math.clamp(granted, 1, amount);
    }

    /**
     * The most pixels of each picture with which it puts so many, at least two, into one job.
     *
     * @param enlarging whether they are to be enlarged
     */
    static double pixelsOfBatch(int pictures, double maxPixels, int amount, boolean enlarging) {
        double each = maxPixels / BATCH_DIVISOR * amount / (pictures - 0.5);
        return Math.min(maxPixels, enlarging ? each / ENLARGING_DIVISOR : each);
    }
}
