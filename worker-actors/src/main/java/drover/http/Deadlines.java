package drover.http;

import drover.inference.ImageRequest;
import java.time.Duration;

/** How long the answer to a request is of use when its caller does not say. */
final class Deadlines {
    private static final double BASE_SECONDS = 30;
    private static final double SECONDS_PER_STEP = 2;
    private static final double REFERENCE_PIXELS = 512.0 * 512.0;
    private static final double LEAST_SECONDS = 150;

    private Deadlines() {}

    /**
     * The AI Horde's formula for a job's time to live: {@code 30 + steps × 2 × (w×h / 512²)} seconds, at least 150. Each
     * picture of a request counts its own steps. A ControlNet and a second pass each double the time.
     *
     * @param controlled whether there is a ControlNet
     */
    static Duration byDefault(ImageRequest request, boolean controlled) {
        double pixels = (double) request.width() * request.height();
        double steps = (double) request.steps() * request.count();
        double seconds = BASE_SECONDS + steps * SECONDS_PER_STEP * (pixels / REFERENCE_PIXELS);
        double times = (controlled ? 2 : 1) * (request.features().hiresFix().isPresent() ? 2 : 1);
        return Duration.ofSeconds((long) Math.ceil(Math.max(LEAST_SECONDS, seconds) * times));
    }
}
