package drover.diffusion;

import drover.diffusion.NoiseSchedule.Spacing;
import drover.inference.EngineException;
import java.util.Arrays;

/**
 * Euler's method for the probability flow ODE in sigma space: Karras et al. 2022, algorithm 1 without its second-order
 * correction. Latents are variance exploding: {@code x = x_0 + sigma noise}; the network sees {@code x / sqrt(sigma^2 +
 * 1)}.
 */
public final class EulerSampler implements DiffusionSampler {
    /** Karras et al. 2022, table 1. */
    private static final double RHO = 7;

    private final float[] timesteps;
    /** One more than there are steps; the last is where the run ends. */
    private final float[] sigmas;

    private final float initNoiseSigma;
    private final NoiseSchedule.Prediction prediction;

    private EulerSampler(float[] timesteps, float[] sigmas, float initNoiseSigma, NoiseSchedule.Prediction prediction) {
        this.timesteps = timesteps;
        this.sigmas = sigmas;
        this.initNoiseSigma = initNoiseSigma;
        this.prediction = prediction;
    }

    /**
     * Plans a run over a model's schedule, as diffusers' EulerDiscreteScheduler does: sigma is linear in the timestep
     * between trained levels.
     *
     * @param steps 1 to the schedule's training steps
     */
    public static EulerSampler plan(NoiseSchedule schedule, int steps) throws EngineException {
        ConfigFile config = schedule.config();
        config.supportsOnly("use_exponential_sigmas", false);
        config.supportsOnly("use_beta_sigmas", false);
        config.supportsOnly("interpolation_type", "linear");
        config.supportsOnly("timestep_type", "discrete");
        Spacing spacing = schedule.spacing(Spacing.LINSPACE);
        double[] exact = schedule.timesteps(steps, Spacing.LINSPACE);
        double[] trained = sigmas(schedule.alphasCumprod());
        double[] planned = Arrays.stream(exact)
                .map(timestep -> at(trained, (float) timestep))
                .toArray();
        float[] timesteps = floats(exact, steps);
        if (config.flag("use_karras_sigmas", false)) {
            planned = karras(
                    config.number("sigma_min", planned[steps - 1]), config.number("sigma_max", planned[0]), steps);
            timesteps = floats(
                    Arrays.stream(planned)
                            .map(sigma -> timestepOf(sigma, trained))
                            .toArray(),
                    steps);
        }
        float[] sigmas = floats(planned, steps + 1);
        String last = config.text("final_sigmas_type", "zero");
        sigmas[steps] = switch (last) {
            case "zero" -> 0;
            case "sigma_min" -> (float) trained[0];
            default ->
                throw new EngineException.Unsupported(
                        config.name() + ": final_sigmas_type is " + last + "; these are supported: zero, sigma_min");
        };
        float max = sigmas[0];
        // With leading spacing the run does not begin at the noisiest level, and the signal's share still counts.
        float init = spacing == Spacing.LEADING ? (float) Math.sqrt(max * max + 1) : max;
        return new EulerSampler(timesteps, sigmas, init, schedule.prediction());
    }

    /**
     * Plans a run over sigmas at hand, for a network that predicts the noise.
     *
     * @param timesteps what the network is told, one for each step
     * @param sigmas one more than there are steps, falling, the last may be 0; noise is scaled by the first
     */
    public static EulerSampler over(float[] timesteps, float[] sigmas) {
        if (sigmas.length != timesteps.length + 1) {
            throw new IllegalArgumentException(
                    timesteps.length + " timesteps need one more sigma, but there are " + sigmas.length);
        }
        return new EulerSampler(timesteps.clone(), sigmas.clone(), sigmas[0], NoiseSchedule.Prediction.EPSILON);
    }

    private static double[] sigmas(float[] cumprod) {
        double[] sigmas = new double[cumprod.length];
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = (float) Math.sqrt((1 - cumprod[i]) / cumprod[i]);
        }
        return sigmas;
    }

    private static double at(double[] table, double place) {
        int below = (int) Math.min(Math.floor(place), table.length - 2.0);
        if (table.length == 1) {
            return table[0];
        }
        return table[below] + (table[below + 1] - table[below]) * (place - below);
    }

    /** Karras et al. 2022, equation 5. */
    private static double[] karras(double min, double max, int steps) {
        double[] sigmas = new double[steps];
        double low = Math.pow(min, 1 / RHO);
        double high = Math.pow(max, 1 / RHO);
        for (int i = 0; i < steps; i++) {
            double ramp = steps == 1 ? 0 : (double) i / (steps - 1);
            sigmas[i] = Math.pow(high + ramp * (low - high), RHO);
        }
        return sigmas;
    }

    /** The timestep of a sigma, linear in its logarithm between trained levels. */
    private static double timestepOf(double sigma, double[] trained) {
        double log = Math.log(Math.max(sigma, 1e-10));
        int above = Arrays.binarySearch(trained, sigma);
        int low = Math.clamp(above >= 0 ? above : -above - 2, 0, Math.max(0, trained.length - 2));
        int high = Math.min(low + 1, trained.length - 1);
        double span = Math.log(trained[high]) - Math.log(trained[low]);
        return span == 0 ? low : low + Math.clamp((log - Math.log(trained[low])) / span, 0, 1);
    }

    private static float[] floats(double[] values, int length) {
        float[] floats = new float[length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    @Override
    public float[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public float initNoiseSigma() {
        return initNoiseSigma;
    }

    @Override
    public float[] addNoise(float[] clean, float[] noise, int index) {
        return Latents.combine(1, clean, sigmas[index], noise);
    }

    @Override
    public float[] sample(float[] start, int first, Denoiser denoiser, StepListener listener) throws EngineException {
        float[] x = start.clone();
        for (int i = first; i < timesteps.length; i++) {
            float sigma = sigmas[i];
            float scale = (float) Math.sqrt(sigma * sigma + 1);
            float[] input = new float[x.length];
            for (int k = 0; k < x.length; k++) {
                input[k] = x[k] / scale;
            }
            float[] output = Latents.checked(denoiser.predict(input, timesteps[i]), x.length);
            float[] denoised = new float[x.length];
            for (int k = 0; k < x.length; k++) {
                denoised[k] = switch (prediction) {
                    case EPSILON -> x[k] - sigma * output[k];
                    case V_PREDICTION -> output[k] * (-sigma / scale) + x[k] / (sigma * sigma + 1);
                };
                float derivative = (x[k] - denoised[k]) / sigma;
                x[k] += derivative * (sigmas[i + 1] - sigma);
            }
            listener.onStep(new StepListener.Step(i - first, timesteps.length - first, timesteps[i], x, denoised));
        }
        return x;
    }
}
