package drover.golden;

import drover.diffusion.ConfigFile;
import drover.diffusion.NoiseSchedule;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.SamplingMethod;
import drover.sampling.SamplingMethods;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaTable;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The runs that diffusers' schedulers make, from their own configurations: the same samplers as everywhere, but levels,
 * timesteps and the space of the latents as that library has them. Requests are planned by the AI Horde's conventions
 * instead; see {@link SamplingPlan#of}.
 */
final class ReferenceScheduler {
    private static final Map<String, Planner> PLANNERS = Map.of(
            "DDIMScheduler", ReferenceScheduler::ddim,
            "EulerDiscreteScheduler", ReferenceScheduler::euler,
            "DPMSolverMultistepScheduler", ReferenceScheduler::dpmSolver,
            "UniPCMultistepScheduler", ReferenceScheduler::uniPc,
            "LCMScheduler", ReferenceScheduler::lcm);

    private final SamplingPlan plan;
    private final boolean variancePreserving;
    private final double[] sigmas;
    private final double[] timesteps;

    private ReferenceScheduler(
            SamplingMethod method,
            double[] timesteps,
            double[] sigmas,
            DoubleUnaryOperator elsewhere,
            boolean variancePreserving,
            double init) {
        DoubleUnaryOperator timestepOf = sigma -> {
            for (int i = 0; i < timesteps.length; i++) {
                if (sigmas[i] == sigma) {
                    return timesteps[i];
                }
            }
            return elsewhere.applyAsDouble(sigma);
        };
        this.plan = new SamplingPlan(method, sigmas, timestepOf, init);
        this.variancePreserving = variancePreserving;
        this.sigmas = sigmas;
        this.timesteps = timesteps;
    }

    /** Latents are variance preserving, so standard normal noise is their start. */
    private static ReferenceScheduler preserving(
            SamplingMethod method, double[] timesteps, double[] sigmas, SigmaTable table) {
        double init = Math.sqrt(sigmas[0] * sigmas[0] + 1);
        return new ReferenceScheduler(method, timesteps, sigmas, table::timestep, true, init);
    }

    @FunctionalInterface
    private interface Planner {
        ReferenceScheduler plan(ConfigFile config, SigmaTable table, int steps) throws EngineException;
    }

    /**
     * Plans a run.
     *
     * @param name the scheduler's class in diffusers
     * @param steps 1 to the trained levels
     */
    static ReferenceScheduler of(String name, ConfigFile config, int steps) throws EngineException {
        @Nullable Planner planner = PLANNERS.get(name);
        if (planner == null) {
            throw new EngineException.Unsupported(
                    "the scheduler " + name + "; these are supported: " + new TreeSet<>(PLANNERS.keySet()));
        }
        SigmaTable table = NoiseSchedule.of(config).table();
        if (steps < 1 || steps > table.size()) {
            throw new EngineException.Unsupported(steps + " steps; the model's schedule allows 1 to " + table.size());
        }
        return planner.plan(config, table, steps);
    }

    /** The run. */
    SamplingPlan plan() {
        return plan;
    }

    /** What the network is told at each step. */
    double[] timesteps() {
        return timesteps.clone();
    }

    /** The start of a full run as the reference states it: what noise is multiplied with, in its own space. */
    double initNoiseSigma() {
        return variancePreserving ? 1 : plan.initNoiseSigma();
    }

    /**
     * Latents as the reference shows them.
     *
     * @param level the index of the level that they are at, 0 to the number of steps
     */
    float[] shown(float[] latents, int level) {
        return variancePreserving ? scaled(latents, 1 / Math.sqrt(sigmas[level] * sigmas[level] + 1)) : latents;
    }

    /** Latents at the last level that the reference shows as these. */
    float[] unshown(float[] latents) {
        double last = sigmas[sigmas.length - 1];
        return variancePreserving ? scaled(latents, Math.sqrt(last * last + 1)) : latents;
    }

    private static float[] scaled(float[] latents, double scale) {
        float[] scaled = new float[latents.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (latents[i] * scale);
        }
        return scaled;
    }

    private static ReferenceScheduler ddim(ConfigFile config, SigmaTable table, int steps) throws EngineException {
        config.supportsOnly("timestep_spacing", "leading");
        double[] timesteps = leading(config, table, steps);
        double[] sigmas = at(table, timesteps);
        // Before the first noise level there is either no noise at all or as much as at the first.
        sigmas[steps] = config.flag("set_alpha_to_one", true) ? 0 : table.min();
        return preserving(SamplingMethods.of(Sampler.DDIM), timesteps, sigmas, table);
    }

    private static ReferenceScheduler euler(ConfigFile config, SigmaTable table, int steps) throws EngineException {
        noOtherSigmas(config);
        config.supportsOnly("interpolation_type", "linear");
        config.supportsOnly("timestep_type", "discrete");
        String spacing = config.text("timestep_spacing", "linspace");
        double[] timesteps = switch (spacing) {
            case "linspace" -> linspace(table, steps);
            case "leading" -> leading(config, table, steps);
            default ->
                throw new EngineException.Unsupported(
                        config.name() + ": timestep_spacing is " + spacing + "; supported: linspace, leading");
        };
        double[] sigmas = linearlyAt(table, timesteps);
        if (config.flag("use_karras_sigmas", false)) {
            double min = config.number("sigma_min", sigmas[steps - 1]);
            sigmas = SigmaTable.karras(min, config.number("sigma_max", sigmas[0]), steps);
            for (int i = 0; i < steps; i++) {
                timesteps[i] = table.timestep(sigmas[i]);
            }
        }
        sigmas[steps] = finalSigma(config, table);
        double max = sigmas[0];
        // With leading spacing the run does not begin at the noisiest level, and the signal's share still counts.
        double init = spacing.equals("leading") ? Math.sqrt(max * max + 1) : max;
        return new ReferenceScheduler(
                SamplingMethods.of(Sampler.EULER), timesteps, sigmas, table::timestep, false, init);
    }

    private static ReferenceScheduler dpmSolver(ConfigFile config, SigmaTable table, int steps) throws EngineException {
        config.supportsOnly("solver_order", 2);
        config.supportsOnly("solver_type", "midpoint");
        config.supportsOnly("lower_order_final", true);
        config.supportsOnly("euler_at_final", false);
        config.supportsOnly("use_lu_lambdas", false);
        String algorithm = config.text("algorithm_type", "dpmsolver++");
        double last = finalSigma(config, table);
        // Fewer steps than these end with one of first order.
        boolean few = steps < 15;
        SamplingMethod method = switch (algorithm) {
            case "dpmsolver++" -> {
                if (last > 0) {
                    throw new EngineException.Unsupported(
                            config.name() + ": dpmsolver++ is supported with final_sigmas_type zero only");
                }
                yield SamplingMethods.of(Sampler.DPMPP_2M);
            }
            case "dpmsolver" -> SamplingMethods.dpmSolverMultistep(few);
            default ->
                throw new EngineException.Unsupported(
                        config.name() + ": algorithm_type is " + algorithm + "; supported: dpmsolver++, dpmsolver");
        };
        return rounded(config, table, steps, method, last);
    }

    private static ReferenceScheduler uniPc(ConfigFile config, SigmaTable table, int steps) throws EngineException {
        config.supportsOnly("solver_order", 2);
        config.supportsOnly("lower_order_final", true);
        config.supportsOnly("predict_x0", true);
        config.supportsOnly("final_sigmas_type", "zero");
        if (!config.raw("disable_corrector").isEmpty()) {
            throw new EngineException.Unsupported(config.name() + ": disable_corrector is set; expected an empty list");
        }
        String type = config.text("solver_type", "bh2");
        Sampler sampler = switch (type) {
            case "bh1" -> Sampler.UNI_PC;
            case "bh2" -> Sampler.UNI_PC_BH2;
            default ->
                throw new EngineException.Unsupported(
                        config.name() + ": solver_type is " + type + "; supported: bh1, bh2");
        };
        return rounded(config, table, steps, SamplingMethods.of(sampler), 0);
    }

    /** Whole timesteps, from the last on; the first one is never reached. */
    private static ReferenceScheduler rounded(
            ConfigFile config, SigmaTable table, int steps, SamplingMethod method, double last) throws EngineException {
        noOtherSigmas(config);
        config.supportsOnly("use_flow_sigmas", false);
        config.supportsOnly("timestep_spacing", "linspace");
        double[] timesteps = new double[steps];
        double[] sigmas;
        if (config.flag("use_karras_sigmas", false)) {
            sigmas = table.karras(steps);
            for (int i = 0; i < steps; i++) {
                timesteps[i] = Math.rint(table.timestep(sigmas[i]));
            }
        } else {
            for (int i = 0; i < steps; i++) {
                timesteps[i] = Math.rint((steps - i) * ((table.size() - 1.0) / steps));
            }
            sigmas = at(table, timesteps);
        }
        sigmas[steps] = last;
        return preserving(method, timesteps, sigmas, table);
    }

    private static ReferenceScheduler lcm(ConfigFile config, SigmaTable table, int steps) throws EngineException {
        config.supportsOnly("timestep_spacing", "leading");
        int original = config.integer("original_inference_steps", 50);
        if (original < steps || original > table.size()) {
            throw new EngineException.Unsupported(config.name() + ": original_inference_steps is " + original
                    + "; expected " + steps + " to " + table.size());
        }
        int stride = table.size() / original;
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            int skipped = (int) ((double) original * i / steps);
            timesteps[i] = (original - skipped) * stride - 1.0;
        }
        double scaling = config.number("timestep_scaling", 10);
        SamplingMethod plain = SamplingMethods.of(Sampler.LCM);
        SamplingMethod scaled = (model, start, sigmas, noise, listener) -> plain.sample(
                (x, sigma) -> boundary(x, model.denoise(x, sigma), sigma, scaling * table.timestep(sigma)),
                start,
                sigmas,
                noise,
                listener);
        return preserving(scaled, timesteps, at(table, timesteps), table);
    }

    /** Song et al. 2023, equation 5, with a data deviation of 1/2: at time 0 the model gives back what it got. */
    private static float[] boundary(float[] x, float[] denoised, double sigma, double time) {
        double skip = 0.25 / (time * time + 0.25) / Math.sqrt(sigma * sigma + 1);
        double out = time / Math.sqrt(time * time + 0.25);
        float[] scaled = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            scaled[i] = (float) (skip * x[i] + out * denoised[i]);
        }
        return scaled;
    }

    private static void noOtherSigmas(ConfigFile config) throws EngineException {
        config.supportsOnly("use_exponential_sigmas", false);
        config.supportsOnly("use_beta_sigmas", false);
    }

    private static double finalSigma(ConfigFile config, SigmaTable table) throws EngineException {
        String last = config.text("final_sigmas_type", "zero");
        return switch (last) {
            case "zero" -> 0;
            case "sigma_min" -> table.min();
            default ->
                throw new EngineException.Unsupported(
                        config.name() + ": final_sigmas_type is " + last + "; these are supported: zero, sigma_min");
        };
    }

    private static double[] leading(ConfigFile config, SigmaTable table, int steps) throws EngineException {
        int offset = config.integer("steps_offset", 0);
        int stride = table.size() / steps;
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = (steps - 1.0 - i) * stride + offset;
        }
        if (offset < 0 || timesteps[0] > table.size() - 1) {
            throw new EngineException.Unsupported(steps + " steps with steps_offset " + offset + " begin at timestep "
                    + timesteps[0] + "; expected 0 to " + (table.size() - 1));
        }
        return timesteps;
    }

    private static double[] linspace(SigmaTable table, int steps) {
        double[] timesteps = new double[steps];
        double last = table.size() - 1.0;
        for (int i = 0; i < steps; i++) {
            // To float32, as the reference keeps them.
            timesteps[i] = steps == 1 ? 0 : (float) (last * (steps - 1 - i) / (steps - 1));
        }
        return timesteps;
    }

    /** With room for the last level. */
    private static double[] at(SigmaTable table, double[] timesteps) {
        double[] sigmas = new double[timesteps.length + 1];
        for (int i = 0; i < timesteps.length; i++) {
            sigmas[i] = table.sigma(timesteps[i]);
        }
        return sigmas;
    }

    /** As {@link #at}, but sigma itself is linear between trained levels. */
    private static double[] linearlyAt(SigmaTable table, double[] timesteps) {
        double[] sigmas = new double[timesteps.length + 1];
        for (int i = 0; i < timesteps.length; i++) {
            double below = table.sigma(Math.floor(timesteps[i]));
            double above = table.sigma(Math.ceil(timesteps[i]));
            sigmas[i] = below + (above - below) * (timesteps[i] - Math.floor(timesteps[i]));
        }
        return sigmas;
    }
}
