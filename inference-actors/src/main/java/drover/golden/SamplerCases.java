package drover.golden;

import drover.diffusion.ConfigFile;
import drover.diffusion.Denoiser;
import drover.diffusion.DiffusionSampler;
import drover.diffusion.EulerSampler;
import drover.diffusion.NoiseSchedule;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.weights.WeightsException;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Cases of a sampler alone, run on a {@link GaussianMixture} in place of a network. */
final class SamplerCases {
    /** In sigma space, deterministic DDIM is Euler's method, step for step. */
    private static final List<String> EULER_IN_SIGMA_SPACE = List.of("k_euler", "DDIM");

    private static final String DIFFUSERS = "_diffusers";

    private SamplerCases() {}

    /** {@code sampler}: over the sigmas that each run lists. */
    static void sigmaSpace(GoldenCase golden) throws EngineException, WeightsException {
        String name = golden.description().text("sampler");
        if (!EULER_IN_SIGMA_SPACE.contains(name)) {
            throw new EngineException.Unsupported(
                    "the sampler " + name + "; these are supported: " + EULER_IN_SIGMA_SPACE);
        }
        GaussianMixture mixture = mixture(golden);
        ConfigFile runs = golden.description().object("runs");
        for (String key : runs.keys()) {
            float[] sigmas = floats(runs.object(key).numbers("sigmas"));
            float[] told = Arrays.copyOf(sigmas, sigmas.length - 1);
            // The mixture is told the sigma itself where a network would be told the timestep.
            Denoiser denoiser = noiseOf(mixture, sigma -> sigma);
            run(golden, key, EulerSampler.over(told, sigmas), denoiser);
        }
    }

    /** {@code sampler_diffusers}: planned from the scheduler configuration that each run lists. */
    static void planned(GoldenCase golden) throws EngineException, WeightsException {
        String name = golden.description().text("sampler");
        String plain = name.endsWith(DIFFUSERS) ? name.substring(0, name.length() - DIFFUSERS.length()) : name;
        Sampler sampler = Sampler.byName(plain)
                .orElseThrow(() -> new EngineException.Unsupported(
                        "the sampler " + name + "; these are supported: " + Sampler.names()));
        GaussianMixture mixture = mixture(golden);
        ConfigFile runs = golden.description().object("runs");
        for (String key : runs.keys()) {
            ConfigFile run = runs.object(key);
            NoiseSchedule schedule = NoiseSchedule.of(run.object("config"));
            int steps = run.numbers("timesteps").size();
            Denoiser denoiser = noiseOf(mixture, timestep -> schedule.sigma((int) timestep));
            run(golden, key, DiffusionSampler.of(sampler, schedule, steps), denoiser);
        }
    }

    /** {@code analytic_denoiser}: the mixture itself. */
    static void denoiser(GoldenCase golden) throws EngineException, WeightsException {
        ConfigFile description = golden.description();
        GaussianMixture mixture = new GaussianMixture(
                doubles(description.numbers("pi")), doubles(description.numbers("s")), golden.floats("input.mu"));
        float[] points = golden.floats("input.x");
        float[] sigmas = golden.floats("input.sigma");
        int dimensions = points.length / sigmas.length;
        float[] denoised = new float[points.length];
        for (int p = 0; p < sigmas.length; p++) {
            double[] x = new double[dimensions];
            for (int i = 0; i < dimensions; i++) {
                x[i] = points[p * dimensions + i];
            }
            double[] expected = mixture.denoise(x, sigmas[p]);
            for (int i = 0; i < dimensions; i++) {
                denoised[p * dimensions + i] = (float) expected[i];
            }
        }
        golden.compare("output.D", denoised);
    }

    private static GaussianMixture mixture(GoldenCase golden) throws EngineException, WeightsException {
        ConfigFile denoiser = golden.description().object("denoiser");
        return new GaussianMixture(
                doubles(denoiser.numbers("pi")), doubles(denoiser.numbers("s")), golden.floats("input.mu"));
    }

    /** As a network does, it sees the sample scaled to unit variance and predicts the noise. */
    private static Denoiser noiseOf(GaussianMixture mixture, DoubleUnaryOperator sigmaOf) {
        return (input, told) -> {
            double sigma = sigmaOf.applyAsDouble(told);
            double scale = Math.sqrt(sigma * sigma + 1);
            double[] x = new double[input.length];
            for (int i = 0; i < x.length; i++) {
                x[i] = input[i] * scale;
            }
            double[] denoised = mixture.denoise(x, sigma);
            float[] noise = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                noise[i] = (float) ((x[i] - denoised[i]) / sigma);
            }
            return noise;
        };
    }

    private static void run(GoldenCase golden, String key, DiffusionSampler sampler, Denoiser denoiser)
            throws EngineException, WeightsException {
        float[] start = golden.floats("input.noise0");
        for (int i = 0; i < start.length; i++) {
            start[i] *= sampler.initNoiseSigma();
        }
        float[] trajectory = new float[start.length * sampler.steps()];
        sampler.sample(
                start,
                0,
                denoiser,
                step -> System.arraycopy(step.latents(), 0, trajectory, step.index() * start.length, start.length));
        golden.compare("output." + key + ".trajectory", trajectory);
    }

    private static float[] floats(List<Double> numbers) throws EngineException.BadModel {
        if (numbers.size() < 2) {
            throw new EngineException.BadModel("a run lists " + numbers.size() + " sigmas; expected two or more");
        }
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = numbers.get(i).floatValue();
        }
        return floats;
    }

    private static double[] doubles(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
