package drover.inference.fault;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/**
 * How long the fault engine takes for what it pretends to do. With every time zero it does nothing but report.
 *
 * @param models the models it claims to have
 * @param loadTime for loading a model that is not resident
 * @param encodeTime for the prompts
 * @param stepTime for one denoising step
 * @param decodeTime for each picture
 * @param slowestStep the longest step of {@link drover.inference.FaultPlan.Kind#CRAWL}
 * @param trace where to write down what was done when, if anywhere; see {@link Trace}
 * @param clockSkew how far the time of day of the whole process is ahead of the system's; negative if behind
 */
public record FaultSettings(
        Set<String> models,
        Duration loadTime,
        Duration encodeTime,
        Duration stepTime,
        Duration decodeTime,
        Duration slowestStep,
        Optional<Path> trace,
        Duration clockSkew) {

    /** The longest time that can be set. */
    public static final Duration LONGEST = Duration.ofHours(1);

    public FaultSettings {
        models = Set.copyOf(models);
        requireUsable("loadTime", loadTime);
        requireUsable("encodeTime", encodeTime);
        requireUsable("stepTime", stepTime);
        requireUsable("decodeTime", decodeTime);
        requireUsable("slowestStep", slowestStep);
        requireUsable("clockSkew", clockSkew.abs());
    }

    /** An engine that takes no time at all. */
    public static FaultSettings instant(Set<String> models) {
        return new FaultSettings(
                models,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofSeconds(5),
                Optional.empty(),
                Duration.ZERO);
    }

    /** The time of day as the process with this engine believes it to be. */
    public InstantSource clock() {
        return clockSkew.isZero() ? InstantSource.system() : Clock.offset(Clock.systemUTC(), clockSkew);
    }

    private static void requireUsable(String name, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + " must be 0 to " + LONGEST + ", but was " + value);
        }
    }
}
