package drover.watchdog;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * When a model is to blame for stalls, and no longer offered. A pure function over {@link Strike}s, in whose keeping the
 * caller is free. (When a <em>job</em> is to blame is for the board's retry rules to say.)
 *
 * @param gpus a model whose strikes are spread over this many GPUs …
 * @param jobs … and this many jobs is withdrawn; a single poisonous job says nothing about its model
 * @param window how far back strikes count
 */
public record ModelRules(int gpus, int jobs, Duration window) {
    /** 2 GPUs and 2 jobs within an hour. */
    public static final ModelRules DEFAULT = new ModelRules(2, 2, Duration.ofHours(1));

    public ModelRules {
        if (gpus < 1 || jobs < 1 || !window.isPositive()) {
            throw new IllegalArgumentException(
                    "gpus and jobs must be at least 1 and the window more than 0 s, but were %d, %d and %s"
                            .formatted(gpus, jobs, PhaseTimeouts.text(window)));
        }
    }

    /**
     * Whether a model must no longer be offered.
     *
     * @param strikes all strikes of one model
     * @param workedAt when an attempt with this model last ended well; strikes up to then are forgiven
     * @return the reason in words, for the operator; empty if the model may stay
     */
    public Optional<String> withdraw(List<Strike> strikes, Optional<Instant> workedAt, Instant now) {
        List<Strike> standing = strikes.stream()
                .filter(s -> s.at().isAfter(now.minus(window)))
                .filter(s -> workedAt.isEmpty() || s.at().isAfter(workedAt.get()))
                .toList();
        long struckGpus = distinct(standing, Strike::gpu);
        long struckJobs = distinct(standing, s -> s.attempt().job());
        if (struckGpus < gpus || struckJobs < jobs) {
            return Optional.empty();
        }
        return Optional.of("stalled %d GPUs with %d jobs within %s, and nothing worked in between"
                .formatted(struckGpus, struckJobs, PhaseTimeouts.text(window)));
    }

    private static long distinct(List<Strike> strikes, Function<Strike, ?> by) {
        return strikes.stream().map(by).distinct().count();
    }
}
