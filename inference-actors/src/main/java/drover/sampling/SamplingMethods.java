package drover.sampling;

import drover.inference.Sampler;

/** The samplers by name. */
public final class SamplingMethods {
    private SamplingMethods() {}

    /** The sampler of that name, as the AI Horde's reference worker runs it. */
    public static SamplingMethod of(Sampler sampler) {
        return switch (sampler) {
            case EULER, DDIM -> SingleSteps.following(RungeKutta::euler);
            case EULER_ANCESTRAL -> SingleSteps.ancestral(RungeKutta::euler);
            case HEUN -> SingleSteps.following(RungeKutta::heun);
            case DPM_2 -> SingleSteps.following(RungeKutta::midpoint);
            case DPM_2_ANCESTRAL -> SingleSteps.ancestral(RungeKutta::midpoint);
            case LMS -> new LinearMultistep(true);
            case DPM_FAST -> new DpmFast();
            case DPM_ADAPTIVE -> new DpmAdaptive();
            case DPMPP_2M, DPM_SOLVER -> DpmSolverPlusPlus::multistep;
            case DPMPP_2S_ANCESTRAL -> SingleSteps.ancestral(DpmSolverPlusPlus::singlestep);
            case DPMPP_SDE -> new SingleSteps(DpmSolverPlusPlus::stochastic);
            case LCM -> new SingleSteps(RungeKutta::consistency);
            case UNI_PC -> new UniPc(UniPc.Bh.BH1);
            case UNI_PC_BH2 -> new UniPc(UniPc.Bh.BH2);
        };
    }

    /** Adams and Bashforth's method as k-diffusion and diffusers run it: the last step, too, is integrated. */
    public static SamplingMethod integratedMultistep() {
        return new LinearMultistep(false);
    }

    /** The first DPM-Solver as a multistep method of order 2; see {@link DpmSolverMultistep}. */
    public static SamplingMethod dpmSolverMultistep(boolean firstOrderLast) {
        return new DpmSolverMultistep(firstOrderLast);
    }

    /** Whether the level before the last is left out: these samplers look into a step that would be too narrow there. */
    static boolean skipsPenultimate(Sampler sampler) {
        return switch (sampler) {
            case DPM_2, DPM_2_ANCESTRAL, UNI_PC, UNI_PC_BH2 -> true;
            case EULER,
                    EULER_ANCESTRAL,
                    HEUN,
                    LMS,
                    DPM_FAST,
                    DPM_ADAPTIVE,
                    DPMPP_2M,
                    DPMPP_2S_ANCESTRAL,
                    DPMPP_SDE,
                    DDIM,
                    DPM_SOLVER,
                    LCM -> false;
        };
    }

    /**
     * The noise that a sampler expects for a run.
     *
     * @param stream the stream that the start was drawn from
     * @param seed the picture's seed
     */
    public static NoiseSource noise(Sampler sampler, GaussianNoise stream, long seed) {
        return sampler == Sampler.DPMPP_SDE ? new BrownianTree(seed) : NoiseSource.independent(stream);
    }
}
