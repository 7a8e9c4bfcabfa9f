package drover.http;

import drover.inference.ImageRequest;
import drover.job.TimeToLive;
import drover.job.Work;
import java.time.Duration;

/** How long the answer to a request is of use when its caller does not say. */
final class Deadlines {
    private Deadlines() {}

    /**
     * The AI Horde's {@link TimeToLive}. Each picture of a request counts its own steps, those of a second pass included. A
     * ControlNet doubles the time.
     *
     * @param controlled whether there is a ControlNet
     */
    static Duration byDefault(ImageRequest request, boolean controlled) {
        double seconds = TimeToLive.seconds((double) Work.of(request), 1) * (controlled ? 2 : 1);
        return Duration.ofSeconds((long) Math.ceil(seconds));
    }
}
