package drover.node;

import drover.inference.FaultPlan;
import drover.inference.ImageRequest;
import drover.inference.Phase;
import drover.inference.Sampler;
import java.util.Optional;

/** Requests for the fault engine. */
final class Requests {
    static final String MODEL = "test-card";

    private Requests() {}

    static ImageRequest image(int steps, Optional<FaultPlan> fault) {
        return new ImageRequest(MODEL, "bars", "", 32, 32, steps, Sampler.EULER, 1.0, 7, 1, 1, fault);
    }

    static ImageRequest healthy(int steps) {
        return image(steps, Optional.empty());
    }

    /** A fault in the middle of a first attempt's 8 steps. */
    static ImageRequest failingOnce(FaultPlan.Kind kind, boolean heartbeats) {
        return image(8, Optional.of(new FaultPlan(kind, Phase.DENOISING, 4, heartbeats, 1)));
    }
}
