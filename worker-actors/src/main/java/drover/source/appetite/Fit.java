package drover.source.appetite;

import drover.job.TimeToLive;
import drover.source.models.Baseline;
import java.time.Duration;

/**
 * Whether jobs of a model can be done in the time that the server gives for them. Jobs of up to {@code steps} steps are
 * looked at: how many a job will have is the requester's choice, and no offer can limit it. Both the time that a job takes
 * and the time that it is given grow with its pixel-steps in straight lines, the latter from a kink on, so three points tell
 * about all jobs.
 *
 * @param speed pixel-steps per second
 * @param fixed what a job takes whatever its size: waiting, loading, encoding, upload
 * @param enlarging seconds for each pixel that is painted, if pictures are enlarged then; 0 if they are not
 * @param baseline the model's family
 * @param extraSlow whether the worker says that it is extra slow
 * @param steps the most that are looked at
 */
record Fit(double speed, Duration fixed, double enlarging, Baseline baseline, boolean extraSlow, int steps) {
    /** Steps of most jobs, at most; and of those that a worker with {@code limit_max_steps} gets. */
    static final int USUAL_STEPS = 50;

    static final int LIMITED_STEPS = 30;

    /** Of the server's time; the rest is for what goes less well than usual. */
    static final double SHARE = 0.8;

    /** Whether jobs of so many pictures of at most so many pixels fit. */
    boolean fits(double pixels, int pictures) {
        double most = pixels * steps;
        double anyway = Pacing.seconds(fixed) + pixels * pictures * enlarging;
        return fitsAt(0, anyway, pictures)
                && fitsAt(Math.min(most, kink()), anyway, pictures)
                && fitsAt(most, anyway, pictures);
    }

    private boolean fitsAt(double pixelSteps, double anyway, int pictures) {
        double given = ServerRules.timeToLive(pixelSteps, false, baseline, extraSlow);
        return anyway + pixelSteps * pictures / speed <= given * SHARE;
    }

    /** The same for jobs whose pictures are enlarged, which takes so many seconds for each pixel that is painted. */
    Fit enlarging(double secondsPerPixel) {
        return new Fit(speed, fixed, secondsPerPixel, baseline, extraSlow, steps);
    }

    /** Whether each job fits that the server could make of an offer. */
    boolean fitsOffer(int maxPixels, int amount) {
        return fits(maxPixels, 1) && fitsEachBatch(maxPixels, amount);
    }

    /** Pixel-steps from which on the server gives more than its least time. */
    private double kink() {
        double least = TimeToLive.LEAST_SECONDS / (baseline.threefoldTime() ? 3 : 1);
        return (least - TimeToLive.BASE_SECONDS) / TimeToLive.SECONDS_PER_STEP * TimeToLive.REFERENCE_PIXELS;
    }

    /** The most pixels of a single picture, a multiple of {@code unit}; 0 if none fits. */
    int maxPixels(int limit, int unit) {
        for (int pixels = limit / unit * unit; pixels > 0; pixels -= unit) {
            if (fits(pixels, 1)) {
                return pixels;
            }
        }
        return 0;
    }

    /** The largest amount with which each batch fits that the server could make of it. */
    int amount(int maxPixels, int limit) {
        int amount = limit;
        while (amount > 1 && !fitsEachBatch(maxPixels, amount)) {
            amount--;
        }
        return amount;
    }

    private boolean fitsEachBatch(int maxPixels, int amount) {
        for (int pictures = 2; pictures <= amount; pictures++) {
            if (!fits(ServerRules.pixelsOfBatch(pictures, maxPixels, amount, enlarging > 0), pictures)) {
                return false;
            }
        }
        return true;
    }
}
