package drover.sampling;

import drover.inference.EngineException;
import drover.sampling.StepListener.Step;

/**
 * UniPC of order 2 on denoised latents (Zhao et al. 2023, algorithms 1 and 2): every prediction is corrected as soon as
 * the model has been asked there, at no further call.
 */
record UniPc(Bh variant) implements SamplingMethod {
    /** The paper's B(h). */
    enum Bh {
        /** {@code h}. */
        BH1,
        /** {@code e^h - 1}. */
        BH2
    }

    @Override
    public float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        float[] corrected = x;
        float[] before = x; // Denoised latents one and two steps ago.
        float[] beforeThat = x;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            if (i > 0) {
                x = correct(sigmas, i, corrected, denoised, before, beforeThat);
            }
            corrected = x;
            beforeThat = before;
            before = denoised;
            x = predict(sigmas, i, x, denoised, beforeThat);
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }

    /** The last step has order 1, and so has the first, for want of a past. */
    private static boolean secondOrder(double[] sigmas, int i) {
        return i > 0 && i < sigmas.length - 2;
    }

    private float[] predict(double[] sigmas, int i, float[] x, float[] denoised, float[] before) {
        float[] first = Latents.euler(x, denoised, sigmas[i], sigmas[i + 1]);
        if (!secondOrder(sigmas, i)) {
            return first;
        }
        double h = Math.log(sigmas[i] / sigmas[i + 1]);
        double r = -Math.log(sigmas[i - 1] / sigmas[i]) / h;
        double weight = -b(h) * 0.5 / r;
        return Latents.combine(1, first, weight, before, -weight, denoised);
    }

    /**
     * The step to level {@code i} once more, now that the model has been asked at its end.
     *
     * @param x corrected latents at level {@code i - 1}
     * @param here denoised latents at level {@code i}
     * @param before denoised latents at level {@code i - 1}
     * @param beforeThat denoised latents at level {@code i - 2}
     */
    private float[] correct(double[] sigmas, int i, float[] x, float[] here, float[] before, float[] beforeThat) {
        double h = Math.log(sigmas[i - 1] / sigmas[i]);
        float[] first = Latents.euler(x, before, sigmas[i - 1], sigmas[i]);
        double b = b(h);
        if (!secondOrder(sigmas, i - 1)) {
            return Latents.combine(1, first, -b * 0.5, here, b * 0.5, before);
        }
        // Two equations: the weights sum to b1, and weighted by their places to b2.
        double phi1 = Math.expm1(-h);
        double phi2 = phi1 / -h - 1;
        double phi3 = phi2 / -h - 0.5;
        double b1 = phi2 / b;
        double b2 = 2 * phi3 / b;
        double r = -Math.log(sigmas[i - 2] / sigmas[i - 1]) / h;
        double old = (b1 - b2) / (1 - r);
        double now = b1 - old;
        float[] bent = Latents.combine(1, first, -b * old / r, beforeThat, b * old / r, before);
        return Latents.combine(1, bent, -b * now, here, b * now, before);
    }

    /** The paper's B, of -h, because latents are predicted and not noise. */
    private double b(double h) {
        return switch (variant) {
            case BH1 -> -h;
            case BH2 -> Math.expm1(-h);
        };
    }
}
