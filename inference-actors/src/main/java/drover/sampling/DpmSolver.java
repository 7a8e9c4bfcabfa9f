package drover.sampling;

import drover.inference.EngineException;
import java.util.Optional;

/**
 * The single steps of DPM-Solver (Lu et al. 2022, algorithms 1 and 2): exponential integrators of the noise over {@code
 * t = -ln sigma}.
 */
final class DpmSolver {
    private final SigmaDenoiser model;

    DpmSolver(SigmaDenoiser model) {
        this.model = model;
    }

    static double sigma(double t) {
        return Math.exp(-t);
    }

    static double time(double sigma) {
        return -Math.log(sigma);
    }

    /** What the model says at one place. */
    @SuppressWarnings("ArrayRecordComponent") // Handed from one line to the next, never compared.
    record Look(float[] denoised, float[] noise) {}

    Look look(float[] x, double t) throws EngineException {
        float[] denoised = model.denoise(x, sigma(t));
        return new Look(denoised, Latents.slope(x, denoised, sigma(t)));
    }

    /** Order 1. */
    float[] first(float[] x, double t, double next, Look here) {
        return Latents.combine(1, x, -sigma(next) * Math.expm1(next - t), here.noise());
    }

    /**
     * Order 2.
     *
     * @param r where between {@code t} and {@code next} the model is asked, in (0, 1)
     * @param known what the model says there, if that is known
     */
    float[] second(float[] x, double t, double next, double r, Look here, Optional<Look> known) throws EngineException {
        double h = next - t;
        Look there = known.isPresent() ? known.get() : between(x, t, h, r, here);
        double whole = -sigma(next) * Math.expm1(h);
        double bend = whole / (2 * r);
        return Latents.combine(1, x, whole - bend, here.noise(), bend, there.noise());
    }

    /** What the model says at {@code t + r h}, reached by a step of order 1. */
    Look between(float[] x, double t, double h, double r, Look here) throws EngineException {
        double middle = t + r * h;
        return look(first(x, t, middle, here), middle);
    }

    /**
     * Order 3, with r of 1/3 and 2/3.
     *
     * @param third what the model says at a third of the way
     */
    float[] third(float[] x, double t, double next, Look here, Look third) throws EngineException {
        double h = next - t;
        double r1 = 1.0 / 3;
        double r2 = 2.0 / 3;
        double far = t + r2 * h;
        double step = -sigma(far) * Math.expm1(r2 * h);
        double bend = -sigma(far) * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
        float[] trial = Latents.combine(1, x, step - bend, here.noise(), bend, third.noise());
        Look there = look(trial, far);
        double whole = -sigma(next) * Math.expm1(h);
        double curve = -sigma(next) / r2 * (Math.expm1(h) / h - 1);
        return Latents.combine(1, x, whole - curve, here.noise(), curve, there.noise());
    }
}
