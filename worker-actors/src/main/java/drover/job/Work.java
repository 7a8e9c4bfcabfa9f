package drover.job;

import drover.diffusion.HiresPlan;
import drover.inference.HiresFix;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.SourceImage;
import java.util.Optional;

/**
 * How much work a job is. Counted in whole units so that sums stay exact however often something is added and taken away:
 * for images pixel-steps, width × height × steps × pictures, shown as megapixel-steps. With hires fix those of both passes
 * count; which they are depends on the model's architecture, so it is what they take at most.
 */
public final class Work {
    private static final double MEGA = 1e6;

    private Work() {}

    /** The work that the request asks for, at least 1. */
    public static long of(InferenceRequest request) {
        return switch (request) {
            case ImageRequest it -> it.count() * ofOne(it);
        };
    }

    private static long ofOne(ImageRequest request) {
        boolean masked = request.features()
                .source()
                .filter(it -> it.mode() == SourceImage.Mode.INPAINTING)
                .isPresent();
        Optional<HiresFix> again = request.features().hiresFix().filter(it -> !masked);
        return again.map(it ->
                        HiresPlan.mostPixelSteps(request.width(), request.height(), request.steps(), it.strength()))
                .orElseGet(() -> (long) request.width() * request.height() * request.steps());
    }

    /** Pixel-steps as megapixel-steps. */
    public static double mega(double pixelSteps) {
        return pixelSteps / MEGA;
    }
}
