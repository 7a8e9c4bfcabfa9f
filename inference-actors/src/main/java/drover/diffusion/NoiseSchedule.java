package drover.diffusion;

import drover.inference.EngineException;
import drover.sampling.SigmaTable;
import drover.sampling.Spacing;
import java.nio.file.Path;
import java.util.List;

/**
 * The noise levels that a model was trained with, from its {@code scheduler_config.json}, whatever scheduler that names:
 * the trained levels are the model's, the way through them is the sampler's. Values that would change the numbers and
 * are not known here are refused by name. Only where it asks for {@code trailing} timesteps, as models do that need few
 * steps or see their last level without any signal, are they the way of runs that choose none. Tables are float32, made
 * in the order in which the reference makes them, so that they agree to the last bit or nearly so.
 */
public final class NoiseSchedule {
    private static final int MAX_TRAIN_STEPS = 100_000;

    /** The key of a schedule that ends without any signal. */
    static final String ZERO_TERMINAL = "rescale_betas_zero_snr";
    /** The share of signal power at such a schedule's end: near zero, with a noise level that is not infinite yet. */
    private static final float NEARLY_ZERO = 0x1p-24f;

    private final SigmaTable table;
    private final Prediction prediction;
    private final Spacing spacing;

    private NoiseSchedule(SigmaTable table, Prediction prediction, Spacing spacing) {
        this.table = table;
        this.prediction = prediction;
        this.spacing = spacing;
    }

    /**
     * Reads {@code scheduler_config.json}.
     *
     * @throws EngineException.Unsupported if it asks for something that is not known here
     * @throws EngineException.BadModel if it is missing or wrong
     */
    public static NoiseSchedule read(Path schedulerConfig) throws EngineException {
        return of(ConfigFile.read(schedulerConfig));
    }

    /** As {@link #read}, from a configuration at hand. */
    public static NoiseSchedule of(ConfigFile config) throws EngineException {
        config.supportsOnly("thresholding", false);
        float[] betas = betas(config);
        boolean zeroTerminal = config.flag(ZERO_TERMINAL, false);
        float[] powers = signalPowers(zeroTerminal ? rescaled(betas) : betas);
        if (zeroTerminal) {
            powers[powers.length - 1] = NEARLY_ZERO;
        }
        boolean trailing = config.text("timestep_spacing", "").equals("trailing");
        return new NoiseSchedule(
                new SigmaTable(rising(config, sigmas(powers))),
                Prediction.of(config),
                trailing ? Spacing.TRAILING : Spacing.NORMAL);
    }

    private static float[] betas(ConfigFile config) throws EngineException {
        if (config.has("trained_betas")) {
            List<Double> trained = config.numbers("trained_betas");
            float[] betas = new float[trained.size()];
            for (int i = 0; i < betas.length; i++) {
                betas[i] = trained.get(i).floatValue();
            }
            return checked(config, betas);
        }
        int steps = config.integer("num_train_timesteps", 1000);
        if (steps < 1 || steps > MAX_TRAIN_STEPS) {
            throw new EngineException.BadModel(
                    config.name() + ": num_train_timesteps is " + steps + "; expected 1 to " + MAX_TRAIN_STEPS);
        }
        double start = config.number("beta_start", 0.0001);
        double end = config.number("beta_end", 0.02);
        String name = config.text("beta_schedule", "linear");
        return checked(
                config,
                switch (name) {
                    case "linear" -> linspace(start, end, steps);
                    case "scaled_linear" -> squared(linspace(Math.sqrt(start), Math.sqrt(end), steps));
                    default -> throw unknown(config, "beta_schedule", name, "linear, scaled_linear");
                });
    }

    private static float[] checked(ConfigFile config, float[] betas) throws EngineException.BadModel {
        for (float beta : betas) {
            if (!(beta > 0 && beta < 1)) {
                throw new EngineException.BadModel(
                        config.name() + ": the noise schedule holds a beta of " + beta + "; expected 0 < beta < 1");
            }
        }
        if (betas.length == 0) {
            throw new EngineException.BadModel(config.name() + ": trained_betas is empty");
        }
        return betas;
    }

    private static EngineException.Unsupported unknown(ConfigFile config, String key, String found, String known) {
        return new EngineException.Unsupported(
                config.name() + ": " + key + " is " + found + "; these are supported: " + known);
    }

    /** In float32, fused, and from both ends towards the middle, as libtorch does it. */
    private static float[] linspace(double start, double end, int count) {
        float first = (float) start;
        float last = (float) end;
        float step = count == 1 ? 0 : (last - first) / (count - 1);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i < count / 2 ? Math.fma(step, i, first) : Math.fma(-step, count - 1 - i, last);
        }
        return values;
    }

    private static float[] squared(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= values[i];
        }
        return values;
    }

    /**
     * The share of signal power that is left at each level: a running product, kept in float64 and rounded at each step,
     * as libtorch does on a CPU.
     */
    private static float[] signalPowers(float[] betas) {
        float[] powers = new float[betas.length];
        double product = 1;
        for (int i = 0; i < betas.length; i++) {
            product *= 1f - betas[i];
            powers[i] = (float) product;
        }
        return powers;
    }

    /**
     * The same schedule, shifted and stretched so that its first level stays and at its last one no signal is left: Lin
     * et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed" (2023), algorithm 1.
     */
    private static float[] rescaled(float[] betas) {
        float[] powers = signalPowers(betas);
        float first = (float) Math.sqrt(powers[0]);
        float last = (float) Math.sqrt(powers[powers.length - 1]);
        float stretch = first / (first - last);
        float[] rescaled = new float[betas.length];
        float before = 1;
        for (int i = 0; i < betas.length; i++) {
            float signal = ((float) Math.sqrt(powers[i]) - last) * stretch;
            float power = signal * signal;
            rescaled[i] = 1f - power / before;
            before = power;
        }
        return rescaled;
    }

    /** How much noise there is beside a signal of one, {@code sqrt((1 - power) / power)}. */
    private static double[] sigmas(float[] powers) {
        double[] sigmas = new double[powers.length];
        for (int i = 0; i < powers.length; i++) {
            double power = powers[i];
            sigmas[i] = Math.sqrt((1 - power) / power);
        }
        return sigmas;
    }

    private static double[] rising(ConfigFile config, double[] sigmas) throws EngineException.BadModel {
        double before = 0;
        for (double sigma : sigmas) {
            if (!(sigma > 0 && sigma >= before && sigma < Double.POSITIVE_INFINITY)) {
                throw new EngineException.BadModel(config.name() + ": the noise schedule has a level of " + sigma
                        + " after one of " + before + "; expected levels above 0 that rise");
            }
            before = sigma;
        }
        return sigmas;
    }

    /** What the network predicts. */
    public Prediction prediction() {
        return prediction;
    }

    /**
     * How the levels of a run are chosen.
     *
     * @param karras whether those of Karras et al. are asked for; else the model says it
     */
    public Spacing spacing(boolean karras) {
        return karras ? Spacing.KARRAS : spacing;
    }

    /** The trained noise levels. */
    public SigmaTable table() {
        return table;
    }
}
