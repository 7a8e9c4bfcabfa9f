package drover.golden;

import drover.diffusion.ConfigFile;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingMethod;
import drover.sampling.SamplingMethods;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.weights.WeightsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Cases of a sampler alone, run on a {@link GaussianMixture} in place of a network. */
final class SamplerCases {
    private static final Map<String, String> SCHEDULERS = Map.of(
            "DDIM_diffusers", "DDIMScheduler",
            "lcm_diffusers", "LCMScheduler",
            "uni_pc_bh2_diffusers", "UniPCMultistepScheduler",
            "dpmsolver_diffusers_pp2m", "DPMSolverMultistepScheduler",
            "dpmsolver_diffusers_dpm2", "DPMSolverMultistepScheduler");
    /** Runs of the linear multistep method whose last step is ComfyUI's. */
    private static final String COMFY_LAST = "_comfylast";

    private SamplerCases() {}

    /** {@code sampler}: over the sigmas that each run lists. */
    static void sigmaSpace(GoldenCase golden) throws EngineException, WeightsException {
        String name = golden.description().text("sampler");
        Sampler sampler = Sampler.byName(name)
                .orElseThrow(() -> new EngineException.Unsupported(
                        "the sampler " + name + "; these are supported: " + Sampler.names()));
        GaussianMixture mixture = mixture(golden);
        ConfigFile runs = golden.description().object("runs");
        for (String key : runs.keys()) {
            double[] sigmas = doubles(runs.object(key).numbers("sigmas"));
            if (sigmas.length < 2) {
                throw new EngineException.BadModel(
                        "the run " + key + " lists " + sigmas.length + " sigmas; expected two or more");
            }
            SamplingMethod method = sampler == Sampler.LMS && !key.endsWith(COMFY_LAST)
                    ? SamplingMethods.integratedMultistep()
                    : SamplingMethods.of(sampler);
            SamplingPlan plan = new SamplingPlan(method, sigmas, sigma -> sigma, sigmas[0]);
            run(golden, key, plan, mixture, Optional.empty());
        }
    }

    /** {@code sampler_diffusers}: planned from the scheduler configuration that each run lists. */
    static void planned(GoldenCase golden) throws EngineException, WeightsException {
        String name = golden.description().text("sampler");
        @Nullable String scheduler = SCHEDULERS.get(name);
        if (scheduler == null) {
            throw new EngineException.Unsupported(
                    "the sampler " + name + "; these are supported: " + SCHEDULERS.keySet());
        }
        GaussianMixture mixture = mixture(golden);
        ConfigFile runs = golden.description().object("runs");
        for (String key : runs.keys()) {
            ConfigFile run = runs.object(key);
            List<Double> timesteps = run.numbers("timesteps");
            ReferenceScheduler reference = ReferenceScheduler.of(scheduler, run.object("config"), timesteps.size());
            if (!Arrays.equals(reference.timesteps(), doubles(timesteps))) {
                throw new EngineException.Failed(
                        "the timesteps of " + key + " are " + Arrays.toString(reference.timesteps()) + "; expected "
                                + timesteps,
                        new IllegalStateException("other timesteps"));
            }
            run(golden, key, reference.plan(), mixture, Optional.of(reference));
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

    private static void run(
            GoldenCase golden,
            String key,
            SamplingPlan plan,
            GaussianMixture mixture,
            Optional<ReferenceScheduler> reference)
            throws EngineException, WeightsException {
        List<float[]> steps = new ArrayList<>();
        plan.run(plan.start(golden.floats("input.noise0")), 0, denoiser(mixture), noise(golden, key), step -> {
            float[] latents = step.latents().clone();
            steps.add(reference.map(r -> r.shown(latents, step.index() + 1)).orElse(latents));
        });
        int length = steps.getFirst().length;
        float[] trajectory = new float[length * steps.size()];
        for (int i = 0; i < steps.size(); i++) {
            System.arraycopy(steps.get(i), 0, trajectory, i * length, length);
        }
        golden.compare("output." + key + ".trajectory", trajectory);
    }

    private static SigmaDenoiser denoiser(GaussianMixture mixture) {
        return (x, sigma) -> {
            double[] wide = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                wide[i] = x[i];
            }
            double[] denoised = mixture.denoise(wide, sigma);
            float[] narrow = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                narrow[i] = (float) denoised[i];
            }
            return narrow;
        };
    }

    /** The tensors that the case recorded, in the order of use. */
    private static NoiseSource noise(GoldenCase golden, String key) throws WeightsException {
        String tensor = "input." + key + ".noise";
        float[] recorded = golden.has(tensor) ? golden.floats(tensor) : new float[0];
        int[] used = new int[1];
        return (sigma, next, count) -> {
            if (used[0] + count > recorded.length) {
                throw new IllegalStateException(tensor + " has " + recorded.length + " numbers; more are asked for");
            }
            used[0] += count;
            return Arrays.copyOfRange(recorded, used[0] - count, used[0]);
        };
    }

    private static double[] doubles(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
