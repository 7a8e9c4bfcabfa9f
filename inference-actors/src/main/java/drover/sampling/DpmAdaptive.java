package drover.sampling;

import drover.inference.EngineException;
import java.util.Optional;

/**
 * DPM-Solver-12/23 of order 3 with adaptive steps (Lu et al. 2022, appendix C): a step's error is the difference between
 * its results of order 2 and 3, and an integral controller chooses the next step's size. Of the levels only the ends
 * count; ends at the last level above 0.
 */
record DpmAdaptive() implements SamplingMethod {
    private static final double RELATIVE_TOLERANCE = 0.05;
    private static final double ABSOLUTE_TOLERANCE = 0.0078;
    private static final double FIRST_STEP = 0.05;
    private static final double ACCEPT_FROM = 0.81;
    private static final double ORDER = 3;
    /** Steps in ln sigma below which the end counts as reached. */
    private static final double CLOSE = 1e-5;

    private static final int UNITS = 100;

    @Override
    public int units(int steps) {
        return steps == 1 ? 1 : UNITS;
    }

    @Override
    public float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        if (DpmFast.isOneStep(sigmas)) {
            return SingleSteps.following(RungeKutta::euler).sample(model, start, sigmas, noise, listener);
        }
        DpmSolver solver = new DpmSolver(model);
        double begin = DpmSolver.time(sigmas[0]);
        double end = DpmSolver.time(DpmFast.lastAboveZero(sigmas));
        float[] x = start.clone();
        float[] previous = x;
        double h = FIRST_STEP;
        double t = begin;
        int index = 0;
        DpmSolver.Look here = solver.look(x, t);
        while (t < end - CLOSE) {
            double next = Math.min(end, t + h);
            DpmSolver.Look third = solver.between(x, t, next - t, 1.0 / 3, here);
            float[] low = solver.second(x, t, next, 1.0 / 3, here, Optional.of(third));
            float[] high = solver.third(x, t, next, here, third);
            double error = error(low, high, previous);
            if (!Double.isFinite(error)) {
                throw new EngineException.Failed(
                        "the latents are not finite numbers at sigma " + DpmSolver.sigma(t)
                                + "; use a wider precision, or check the weights",
                        new ArithmeticException("the error of a step is " + error));
            }
            double factor = 1 + Math.atan(Math.pow(1 / (error + 1e-8), 1 / ORDER) - 1);
            h *= factor;
            if (factor >= ACCEPT_FROM) {
                previous = low;
                x = high;
                double sigma = DpmSolver.sigma(t);
                t = next;
                boolean last = t >= end - CLOSE;
                int done = last ? UNITS : (int) (UNITS * (t - begin) / (end - begin));
                listener.onStep(new StepListener.Step(index, done, UNITS, sigma, x, here.denoised()));
                index++;
                if (!last) {
                    here = solver.look(x, t);
                }
            }
        }
        return x;
    }

    /** The root mean square of the difference, measured by the tolerance at each place. */
    private static double error(float[] low, float[] high, float[] previous) {
        double sum = 0;
        for (int k = 0; k < low.length; k++) {
            double size = Math.max(Math.abs(low[k]), Math.abs(previous[k]));
            double part = (low[k] - high[k]) / Math.max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * size);
            sum += part * part;
        }
        return Math.sqrt(sum / low.length);
    }
}
