package drover.sampling;

import drover.inference.EngineException;
import java.util.Optional;

/**
 * DPM-Solver-fast (Lu et al. 2022, appendix D.4): as many calls of the model as there are steps, spent on steps of order
 * 3 that are evenly spaced in ln sigma, and one or two of lower order at the end. Of the levels only the ends and the
 * number count. Ends at the last level above 0.
 */
record DpmFast() implements SamplingMethod {
    private static final int ORDER = 3;

    @Override
    public int units(int steps) {
        return steps / ORDER + 1;
    }

    @Override
    public float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        if (isOneStep(sigmas)) {
            return SingleSteps.following(RungeKutta::euler).sample(model, start, sigmas, noise, listener);
        }
        DpmSolver solver = new DpmSolver(model);
        int calls = sigmas.length - 1;
        int steps = units(calls);
        double begin = DpmSolver.time(sigmas[0]);
        double end = DpmSolver.time(lastAboveZero(sigmas));
        float[] x = start.clone();
        for (int i = 0; i < steps; i++) {
            double t = begin + (end - begin) * i / steps;
            double next = begin + (end - begin) * (i + 1) / steps;
            DpmSolver.Look here = solver.look(x, t);
            x = switch (order(i, steps, calls)) {
                case 1 -> solver.first(x, t, next, here);
                case 2 -> solver.second(x, t, next, 0.5, here, Optional.empty());
                default -> solver.third(x, t, next, here, solver.between(x, t, next - t, 1.0 / ORDER, here));
            };
            listener.onStep(StepListener.Step.of(i, steps, DpmSolver.sigma(t), x, here.denoised()));
        }
        return x;
    }

    private static int order(int i, int steps, int calls) {
        int left = calls % ORDER;
        if (i == steps - 1) {
            return left == 0 ? 1 : left;
        }
        return left == 0 && i == steps - 2 ? 2 : ORDER;
    }

    /** From one level straight to 0, there are no two logarithms to go between. */
    static boolean isOneStep(double[] sigmas) {
        return sigmas.length == 2 && sigmas[1] == 0;
    }

    /** The last level is one that a logarithm can be taken of. */
    static double lastAboveZero(double[] sigmas) {
        double last = sigmas[sigmas.length - 1];
        return last > 0 ? last : sigmas[sigmas.length - 2];
    }
}
