package drover.diffusion;

import drover.inference.EngineException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The noise levels that a model was trained with, from its {@code scheduler_config.json}, whatever scheduler that names:
 * the trained levels are the model's, the way through them is the sampler's. Values that would change the numbers and
 * are not known here are refused by name. Tables are float32, made in the order in which the reference makes them, so
 * that they agree to the last bit or nearly so.
 */
public final class NoiseSchedule {
    /** What the network predicts. */
    public enum Prediction {
        /** The noise. */
        EPSILON,
        /** The velocity of Salimans and Ho, "Progressive Distillation" (2022). */
        V_PREDICTION
    }

    /** How the executed timesteps are chosen from the trained ones (Lin et al. 2023, table 2). */
    enum Spacing {
        LEADING,
        LINSPACE,
        TRAILING
    }

    private static final int MAX_TRAIN_STEPS = 100_000;

    private final ConfigFile config;
    private final float[] alphasCumprod;
    private final Prediction prediction;
    private final Optional<Spacing> spacing;
    private final int stepsOffset;

    private NoiseSchedule(
            ConfigFile config,
            float[] alphasCumprod,
            Prediction prediction,
            Optional<Spacing> spacing,
            int stepsOffset) {
        this.config = config;
        this.alphasCumprod = alphasCumprod;
        this.prediction = prediction;
        this.spacing = spacing;
        this.stepsOffset = stepsOffset;
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
        int offset = config.integer("steps_offset", 0);
        if (offset < 0) {
            throw new EngineException.BadModel(config.name() + ": steps_offset is " + offset + "; expected 0 or more");
        }
        return new NoiseSchedule(config, alphasCumprod(betas(config)), prediction(config), spacing(config), offset);
    }

    private static Prediction prediction(ConfigFile config) throws EngineException {
        String name = config.text("prediction_type", "epsilon");
        return switch (name) {
            case "epsilon" -> Prediction.EPSILON;
            case "v_prediction" -> Prediction.V_PREDICTION;
            default -> throw unknown(config, "prediction_type", name, "epsilon, v_prediction");
        };
    }

    private static Optional<Spacing> spacing(ConfigFile config) throws EngineException {
        if (!config.has("timestep_spacing")) {
            return Optional.empty();
        }
        String name = config.text("timestep_spacing");
        return Optional.of(
                switch (name) {
                    case "leading" -> Spacing.LEADING;
                    case "linspace" -> Spacing.LINSPACE;
                    case "trailing" -> Spacing.TRAILING;
                    default -> throw unknown(config, "timestep_spacing", name, "leading, linspace, trailing");
                });
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

    /** The running product is kept in float64 and rounded at each step, as libtorch does on a CPU. */
    private static float[] alphasCumprod(float[] betas) {
        float[] products = new float[betas.length];
        double product = 1;
        for (int i = 0; i < betas.length; i++) {
            product *= 1f - betas[i];
            products[i] = (float) product;
        }
        return products;
    }

    /** What the network predicts. */
    public Prediction prediction() {
        return prediction;
    }

    /** How many noise levels there are, usually 1000. */
    public int trainSteps() {
        return alphasCumprod.length;
    }

    /**
     * How much noise there is beside a signal of one at a noise level, {@code sqrt((1 - alpha) / alpha)}.
     *
     * @param timestep 0 to {@link #trainSteps} - 1
     */
    public double sigma(int timestep) {
        return Math.sqrt((1 - alphasCumprod[timestep]) / (double) alphasCumprod[timestep]);
    }

    /** The share of signal power that is left at each noise level, falling. */
    float[] alphasCumprod() {
        return alphasCumprod.clone();
    }

    /** Settings of one sampler only, which the sampler reads itself. */
    ConfigFile config() {
        return config;
    }

    /**
     * The timesteps of {@code steps} steps, falling, not rounded for {@link Spacing#LINSPACE}.
     *
     * @param fallback the sampler's own spacing, for a configuration that names none
     */
    double[] timesteps(int steps, Spacing fallback) throws EngineException.Unsupported {
        int trained = trainSteps();
        if (steps < 1 || steps > trained) {
            throw new EngineException.Unsupported(steps + " steps; the model's schedule allows 1 to " + trained);
        }
        int stride = trained / steps;
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = switch (spacing(fallback)) {
                case LEADING -> (steps - 1 - i) * stride + stepsOffset;
                case LINSPACE -> linspaceStep(steps - 1 - i, steps, trained);
                case TRAILING -> Math.rint(trained - i * ((double) trained / steps)) - 1;
            };
        }
        if (timesteps[0] > trained - 1) {
            throw new EngineException.Unsupported(steps + " steps with steps_offset " + stepsOffset
                    + " begin at timestep " + timesteps[0] + "; the last one is " + (trained - 1));
        }
        return timesteps;
    }

    Spacing spacing(Spacing fallback) {
        return spacing.orElse(fallback);
    }

    /** The last one exactly, because a product of rounded steps may miss it. */
    private static double linspaceStep(int i, int steps, int trained) {
        if (steps == 1) {
            return 0;
        }
        return i == steps - 1 ? trained - 1 : i * ((double) (trained - 1) / (steps - 1));
    }
}
