package drover.diffusion;

import drover.inference.EngineException;
import drover.sampling.SigmaTable;
import java.nio.file.Path;
import java.util.List;

/**
 * The noise levels that a model was trained with, from its {@code scheduler_config.json}, whatever scheduler that names:
 * the trained levels are the model's, the way through them is the sampler's. Values that would change the numbers and
 * are not known here are refused by name. Tables are float32, made in the order in which the reference makes them, so
 * that they agree to the last bit or nearly so.
 */
public final class NoiseSchedule {
    private static final int MAX_TRAIN_STEPS = 100_000;

    private final SigmaTable table;
    private final Prediction prediction;

    private NoiseSchedule(SigmaTable table, Prediction prediction) {
        this.table = table;
        this.prediction = prediction;
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
        config.supportsOnly("rescale_betas_zero_snr", false);
        config.supportsOnly("thresholding", false);
        return new NoiseSchedule(new SigmaTable(sigmas(betas(config))), Prediction.of(config));
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
     * How much noise there is beside a signal of one, {@code sqrt((1 - alpha) / alpha)}. Alpha, the share of signal power
     * that is left, is a running product, kept in float64 and rounded at each step, as libtorch does on a CPU.
     */
    private static double[] sigmas(float[] betas) {
        double[] sigmas = new double[betas.length];
        double product = 1;
        for (int i = 0; i < betas.length; i++) {
            product *= 1f - betas[i];
            double alpha = (float) product;
            sigmas[i] = Math.sqrt((1 - alpha) / alpha);
        }
        return sigmas;
    }

    /** What the network predicts. */
    public Prediction prediction() {
        return prediction;
    }

    /** The trained noise levels. */
    public SigmaTable table() {
        return table;
    }
}
