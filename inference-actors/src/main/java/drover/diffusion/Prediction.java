package drover.diffusion;

import drover.inference.EngineException;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.weights.SafeTensors;
import drover.weights.SmallTensor;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a network was trained to predict, and how it becomes the denoiser that samplers work with. */
public enum Prediction {
    /** The noise. */
    EPSILON("epsilon"),
    /** The velocity of Salimans and Ho, "Progressive Distillation" (2022). */
    V_PREDICTION("v_prediction");

    /** The key of {@code scheduler_config.json}. */
    static final String KEY = "prediction_type";

    /** A key that some SDXL checkpoints have when they predict the velocity. */
    private static final String MARK = "v_pred";

    private static final int PLAIN_CHANNELS = 4;
    private static final String TELLING = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias";
    /** By ComfyUI's observation: the standard deviation is above it where Stable Diffusion 2 predicts the velocity. */
    private static final double TELLING_DEVIATION = 0.09;

    private final String configName;

    Prediction(String configName) {
        this.configName = configName;
    }

    /** What {@code scheduler_config.json} calls it. */
    public String configName() {
        return configName;
    }

    /** The prediction of that name, if there is one. */
    public static Optional<Prediction> named(String name) {
        return Arrays.stream(values()).filter(it -> it.configName.equals(name)).findFirst();
    }

    /** All names, for messages. */
    static String names() {
        return Arrays.stream(values()).map(Prediction::configName).collect(Collectors.joining(", "));
    }

    /** What a {@code scheduler_config.json} says; noise if it says nothing. */
    static Prediction of(ConfigFile scheduler) throws EngineException {
        String name = scheduler.text(KEY, EPSILON.configName);
        return named(name)
                .orElseThrow(() -> new EngineException.Unsupported(
                        scheduler.name() + ": " + KEY + " is " + name + "; these are supported: " + names()));
    }

    /**
     * What a single file predicts, which no key of Stable Diffusion 2 says: told from one tensor, in which the published
     * checkpoints differ. Those for inpainting predict the noise.
     *
     * @param file the same as {@code path}, opened
     * @param channels what the UNet takes
     */
    static Prediction told(Path path, SafeTensors file, Architecture kind, int channels) throws WeightsException {
        return switch (kind) {
            case STABLE_DIFFUSION -> EPSILON;
            case STABLE_DIFFUSION_XL -> file.find(MARK).isPresent() ? V_PREDICTION : EPSILON;
            case STABLE_DIFFUSION_2 -> {
                Optional<float[]> bias =
                        channels == PLAIN_CHANNELS ? SmallTensor.floats(path, file, TELLING) : Optional.empty();
                yield bias.isPresent() && deviation(bias.get()) > TELLING_DEVIATION ? V_PREDICTION : EPSILON;
            }
        };
    }

    private static double deviation(float[] values) {
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / values.length;
        return Math.sqrt(squares / values.length - mean * mean);
    }

    /** A network, with guidance already applied. */
    @FunctionalInterface
    public interface Predictor {
        /**
         * One pass.
         *
         * @param input the latent, scaled to unit variance, row-major; not to be changed
         * @param timestep 0 to the number of training steps; may be fractional
         * @return the prediction, of the input's length
         */
        float[] predict(float[] input, float timestep) throws EngineException;
    }

    /** The denoiser that a network makes, told the timesteps of a plan. */
    public SigmaDenoiser denoiser(Predictor network, SamplingPlan plan) {
        return (x, sigma) -> {
            double scale = 1 / Math.sqrt(sigma * sigma + 1);
            float[] input = new float[x.length];
            for (int k = 0; k < x.length; k++) {
                input[k] = (float) (x[k] * scale);
            }
            float[] output = network.predict(input, plan.timestep(sigma));
            if (output.length != x.length) {
                throw new EngineException.Unsupported(
                        "the network gave " + output.length + " numbers for a latent of " + x.length);
            }
            return denoised(x, output, sigma, scale);
        };
    }

    private float[] denoised(float[] x, float[] output, double sigma, double scale) {
        double ofLatent = switch (this) {
            case EPSILON -> 1;
            case V_PREDICTION -> scale * scale;
        };
        double ofOutput = switch (this) {
            case EPSILON -> -sigma;
            case V_PREDICTION -> -sigma * scale;
        };
        float[] denoised = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            denoised[k] = (float) (ofLatent * x[k] + ofOutput * output[k]);
        }
        return denoised;
    }
}
