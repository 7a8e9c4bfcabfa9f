package drover.source.appetite;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a worker holds at a moment.
 *
 * @param slots inference actors that can take its jobs
 * @param freeSlots those of them that have nothing to do
 * @param loadedSlots those of them that have a model in memory
 * @param jobs popped and not yet drawn: waiting or running
 * @param ids popped and not yet answered
 * @param pending effective megapixel-steps of all that, {@link EffectiveWork#AWAITING_SUBMIT} for each job that waits for
 *     its submit
 * @param pixelSteps of the jobs that are waiting or running
 * @param overhead what a job takes beside its steps and loading: encoding, decoding, checks, upload; as measured, or assumed
 * @param canCheck whether pictures can be checked before they leave; without that, none is drawn
 * @param roomBytes memory that could be had for another model; zero or less, or empty, means that nobody knows
 * @param models what may be offered; only models that are ready
 * @param enlarging seconds that post-processing takes for each pixel of what is painted, with all that comes of the size
 *     of the result, as measured; empty if nothing has been enlarged yet
 */
public record Load(
        int slots,
        int freeSlots,
        int loadedSlots,
        int jobs,
        int ids,
        long pending,
        long pixelSteps,
        Duration overhead,
        boolean canCheck,
        OptionalLong roomBytes,
        List<Offered> models,
        OptionalDouble enlarging) {
    public Load {
        models = List.copyOf(models);
    }

    /**
     * No slots and no jobs.
     *
     * @param overhead of a job, as assumed
     */
    public static Load nothing(Duration overhead) {
        return new Load(0, 0, 0, 0, 0, 0, 0, overhead, false, OptionalLong.empty(), List.of(), OptionalDouble.empty());
    }

    /**
     * How long a job takes from its start.
     *
     * @param model as it is offered
     * @param pixelSteps of all its pictures
     * @return empty if nobody knows how fast the model is
     */
    public Optional<Duration> expected(String model, long pixelSteps) {
        return models.stream()
                .filter(it -> it.name().equals(model) && it.speed().isPresent())
                .findFirst()
                .map(it -> overhead.plusMillis((long) (pixelSteps / it.speed().getAsDouble() * 1000)));
    }
}
