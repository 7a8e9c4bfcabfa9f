package drover.job;

import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;

/**
 * How much work a job is. Counted in whole units so that sums stay exact however often something is added and taken away:
 * for images pixel-steps, width × height × steps × pictures, shown as megapixel-steps.
 */
public final class Work {
    private static final double MEGA = 1e6;

    private Work() {}

    /** The work that the request asks for, at least 1. */
    public static long of(InferenceRequest request) {
        return switch (request) {
            case ImageRequest it -> (long) it.width() * it.height() * it.steps() * it.count();
        };
    }

    /** Pixel-steps as megapixel-steps. */
    public static double mega(double pixelSteps) {
        return pixelSteps / MEGA;
    }
}
