package drover.sampling;

import drover.inference.EngineException;
import drover.inference.Sampler;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A sampler, the noise levels of a run, and what a network is told at each. Immutable; one plan serves many runs.
 */
public final class SamplingPlan {
    /** Strengths above this run the whole schedule, as in ComfyUI. */
    private static final double WHOLE = 0.9999;

    private static final double CLOSE = 1e-5;

    private final SamplingMethod method;
    private final double[] sigmas;
    private final DoubleUnaryOperator timestepOf;
    private final double initNoiseSigma;

    /**
     * A plan over levels at hand.
     *
     * @param sigmas falling, two or more, the last may be 0
     * @param timestepOf what a network is told at a level, also at levels between these
     * @param initNoiseSigma what standard normal noise is multiplied with to give the start of a full run
     */
    public SamplingPlan(SamplingMethod method, double[] sigmas, DoubleUnaryOperator timestepOf, double initNoiseSigma) {
        if (sigmas.length < 2) {
            throw new IllegalArgumentException("a run needs two noise levels or more, but has " + sigmas.length);
        }
        this.method = method;
        this.sigmas = sigmas.clone();
        this.timestepOf = timestepOf;
        this.initNoiseSigma = initNoiseSigma;
    }

    /**
     * The run that the AI Horde's name stands for, by the conventions of its reference worker (ComfyUI).
     *
     * @param steps 1 or more
     * @param karras whether the levels are spaced by Karras et al. rather than evenly in the timestep
     */
    public static SamplingPlan of(Sampler sampler, SigmaTable table, int steps, boolean karras) {
        return of(sampler, table, steps, karras ? Spacing.KARRAS : Spacing.NORMAL, 1);
    }

    /**
     * As {@link #of(Sampler, SigmaTable, int, boolean)}, of which the last part alone is run, with as many steps as asked
     * for: the levels of {@code steps / strength} steps, of which the last are kept.
     *
     * @param strength above 0, at most 1
     */
    public static SamplingPlan of(Sampler sampler, SigmaTable table, int steps, Spacing spacing, double strength) {
        int whole = strength > WHOLE ? steps : (int) (steps / strength);
        double[] all = levels(sampler, table, whole, spacing);
        double[] sigmas = Arrays.copyOfRange(all, all.length - 1 - steps, all.length);
        double first = sigmas[0];
        // At the highest trained level a network still expects the signal's share of variance.
        boolean highest = first >= table.max() * (1 - CLOSE);
        return new SamplingPlan(
                SamplingMethods.of(sampler), sigmas, table::timestep, highest ? Math.sqrt(first * first + 1) : first);
    }

    private static double[] levels(Sampler sampler, SigmaTable table, int steps, Spacing spacing) {
        if (!SamplingMethods.skipsPenultimate(sampler)) {
            return table.levels(spacing, steps);
        }
        double[] sigmas = Arrays.copyOf(table.levels(spacing, steps + 1), steps + 1);
        sigmas[steps] = 0;
        return sigmas;
    }

    /** The noise levels, falling; one more than there are steps. */
    public double[] sigmas() {
        return sigmas.clone();
    }

    /** What a network is told at a level. */
    public float timestep(double sigma) {
        return (float) timestepOf.applyAsDouble(sigma);
    }

    /** What standard normal noise is multiplied with to give the start of a full run. */
    public double initNoiseSigma() {
        return initNoiseSigma;
    }

    /** How many steps were asked for. */
    public int steps() {
        return sigmas.length - 1;
    }

    /** In how many units a full run counts its progress; see {@link StepListener.Step#of}. */
    public int units() {
        return method.units(steps());
    }

    /** The first step of an image-to-image run: {@code steps - int(steps * strength)}, strength in (0, 1]. */
    public int firstStep(double strength) {
        return Math.max(0, steps() - Math.min(steps(), (int) (steps() * strength)));
    }

    /** The start of a full run from standard normal noise. */
    public float[] start(float[] noise) {
        return Latents.scale(initNoiseSigma, noise);
    }

    /** The start of a full run from the latents of a picture, which show through as much as the first level lets them. */
    public float[] start(float[] clean, float[] noise) {
        return Latents.combine(1, clean, initNoiseSigma, noise);
    }

    /** Clean latents with as much noise as there is before step {@code index}; with {@code steps()}, at the end. */
    public float[] addNoise(float[] clean, float[] noise, int index) {
        return Latents.combine(1, clean, sigmas[index], noise);
    }

    /**
     * Runs steps {@code first} to the last.
     *
     * @param start latents before step {@code first}; not changed
     * @param first 0 for a full run, {@link #firstStep} for image-to-image
     * @return the final latents
     */
    public float[] run(float[] start, int first, SigmaDenoiser model, NoiseSource noise, StepListener listener)
            throws EngineException {
        if (first >= steps()) {
            throw new EngineException.Unsupported(
                    "nothing is left of the " + steps() + " steps; raise the strength or the steps");
        }
        return method.sample(model, start, Arrays.copyOfRange(sigmas, first, sigmas.length), noise, listener);
    }
}
