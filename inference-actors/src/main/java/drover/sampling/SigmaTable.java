package drover.sampling;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * The noise levels that a model was trained with, and the ways of choosing some of them. Between trained levels, ln
 * sigma is linear in the timestep, as in k-diffusion and ComfyUI.
 */
public final class SigmaTable {
    /** Karras et al. 2022, table 1. */
    private static final double RHO = 7;

    private final double[] sigmas;
    private final double[] logs;

    /**
     * A table.
     *
     * @param sigmas the level of each trained timestep, from 0, rising, all above 0
     */
    public SigmaTable(double[] sigmas) {
        if (sigmas.length == 0) {
            throw new IllegalArgumentException("a table needs at least one noise level");
        }
        this.sigmas = sigmas.clone();
        this.logs = Arrays.stream(sigmas).map(Math::log).toArray();
    }

    /** How many levels there are, usually 1000. */
    public int size() {
        return sigmas.length;
    }

    /** The lowest trained level. */
    public double min() {
        return sigmas[0];
    }

    /** The highest trained level. */
    public double max() {
        return sigmas[sigmas.length - 1];
    }

    /**
     * The level of a timestep.
     *
     * @param timestep 0 to {@code size() - 1}, may be fractional
     */
    public double sigma(double timestep) {
        int below = (int) Math.floor(timestep);
        double part = timestep - below;
        return part == 0 ? sigmas[below] : Math.exp(logs[below] + part * (logs[below + 1] - logs[below]));
    }

    /** The timestep of a level, which may be fractional; levels beyond the ends count as the ends. */
    public double timestep(double sigma) {
        int found = Arrays.binarySearch(sigmas, sigma);
        if (found >= 0) {
            return found;
        }
        int below = -found - 2;
        if (below < 0) {
            return 0;
        }
        if (below >= sigmas.length - 1) {
            return sigmas.length - 1.0;
        }
        return below + (Math.log(sigma) - logs[below]) / (logs[below + 1] - logs[below]);
    }

    /** Levels by that spacing, and 0: one more than {@code steps}. */
    public double[] levels(Spacing spacing, int steps) {
        return switch (spacing) {
            case NORMAL -> normal(steps);
            case KARRAS -> karras(steps);
            case SIMPLE -> simple(steps);
            case TRAILING -> trailing(steps);
        };
    }

    /** Trained levels from the last on, as far apart as {@code steps} of them can be, and 0. */
    public double[] simple(int steps) {
        double apart = (double) sigmas.length / steps;
        return apart < 1 ? between(steps) : trained(steps, i -> sigmas.length - 1 - (int) (i * apart));
    }

    /**
     * Trained levels at the ends of as many equal shares of all timesteps, from the last on, and 0: what Lin et al. 2023
     * call trailing.
     */
    public double[] trailing(int steps) {
        double apart = (double) sigmas.length / steps;
        return apart < 1 ? between(steps) : trained(steps, i -> (int) Math.rint(sigmas.length - i * apart) - 1);
    }

    private double[] trained(int steps, IntUnaryOperator timestep) {
        double[] chosen = new double[steps + 1];
        for (int i = 0; i < steps; i++) {
            chosen[i] = sigmas[timestep.applyAsInt(i)];
        }
        return chosen;
    }

    /** Where more steps are asked for than there are trained levels, none may come twice, so some lie between them. */
    private double[] between(int steps) {
        double[] chosen = new double[steps + 1];
        for (int i = 0; i < steps; i++) {
            chosen[i] = sigma((sigmas.length - 1.0) * (steps - i) / steps);
        }
        return chosen;
    }

    /** Levels at evenly spaced timesteps from the last to the first, and 0: one more than {@code steps}. */
    public double[] normal(int steps) {
        double[] chosen = new double[steps + 1];
        double last = sigmas.length - 1.0;
        for (int i = 0; i < steps; i++) {
            chosen[i] = sigma(steps == 1 ? last : last * (steps - 1 - i) / (steps - 1));
        }
        return chosen;
    }

    /** Levels from the last to the first by Karras et al. 2022, equation 5, and 0: one more than {@code steps}. */
    public double[] karras(int steps) {
        return karras(min(), max(), steps);
    }

    /** As {@link #karras(int)}, between other ends. */
    public static double[] karras(double min, double max, int steps) {
        double[] chosen = new double[steps + 1];
        double low = Math.pow(min, 1 / RHO);
        double high = Math.pow(max, 1 / RHO);
        for (int i = 0; i < steps; i++) {
            double ramp = steps == 1 ? 0 : (double) i / (steps - 1);
            chosen[i] = Math.pow(high + ramp * (low - high), RHO);
        }
        return chosen;
    }
}
