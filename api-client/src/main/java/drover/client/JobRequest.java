package drover.client;

import java.util.List;
import java.util.Optional;

/**
 * The body of {@code POST /v1/jobs}. Only the prompt is needed; the server fills in the rest from the model's defaults.
 *
 * @param model a model that the server knows
 * @param prompt what to draw
 * @param negativePrompt what to keep away from
 * @param width pixels
 * @param height pixels
 * @param steps denoising steps
 * @param sampler such as {@code DDIM} or {@code k_euler}
 * @param karras whether noise levels are spaced by Karras et al. (2022)
 * @param cfgScale classifier-free guidance scale, 1 means none
 * @param seed 0 to 4294967295
 * @param clipSkip text encoder layer, counted from the end, 1 is the last
 * @param count pictures
 * @param format {@code png}, {@code webp}, {@code webp_lossless} or {@code jpeg}
 * @param quality 1 to 100, for formats with losses
 * @param priority {@code low}, {@code normal}, {@code high} or {@code urgent}
 * @param deadlineSeconds how long an answer is of use, counted from acceptance
 * @param source a picture to start from: PNG, JPEG or WebP in base64, or as a data URL. Where it is transparent it is
 *     painted anew, unless a mask says where
 * @param mask where to paint the source anew, as a picture: white is repainted, black is kept
 * @param strength how much of the source may change, 0.01 to 1
 * @param hiresFix whether a picture larger than what the model knows is painted in two passes
 * @param hiresStrength how much the second pass may change, 0.01 to 1
 * @param tiling whether opposite edges are to fit together
 * @param loras adaptations of the model
 * @param postProcessing upscalers, by name, in this order
 * @param control a picture to follow
 * @param fault a fault to act out; only servers with the fault engine take it
 */
public record JobRequest(
        Optional<String> model,
        String prompt,
        Optional<String> negativePrompt,
        Optional<Integer> width,
        Optional<Integer> height,
        Optional<Integer> steps,
        Optional<String> sampler,
        Optional<Boolean> karras,
        Optional<Double> cfgScale,
        Optional<Long> seed,
        Optional<Integer> clipSkip,
        Optional<Integer> count,
        Optional<String> format,
        Optional<Integer> quality,
        Optional<String> priority,
        Optional<Integer> deadlineSeconds,
        Optional<String> source,
        Optional<String> mask,
        Optional<Double> strength,
        Optional<Boolean> hiresFix,
        Optional<Double> hiresStrength,
        Optional<Boolean> tiling,
        Optional<List<LoraOrder>> loras,
        Optional<List<String>> postProcessing,
        Optional<ControlOrder> control,
        Optional<FaultOrder> fault) {

    /**
     * A LoRA.
     *
     * @param file path below the server's folder of LoRAs
     * @param model weight in the network, -10 to 10; 1 if absent
     * @param clip weight in the text encoders; that in the network if absent
     */
    public record LoraOrder(String file, Optional<Double> model, Optional<Double> clip) {}

    /**
     * A ControlNet and the picture that it follows.
     *
     * @param model name of the ControlNet
     * @param image PNG, JPEG or WebP in base64, or as a data URL
     * @param type {@code canny}, or {@code none} for a picture that is what the ControlNet wants to see; that if absent
     * @param strength how much it counts, 0.01 to 3; 1 if absent
     * @param returnMap whether the answer is what the ControlNet would be shown; no if absent
     */
    public record ControlOrder(
            String model,
            String image,
            Optional<String> type,
            Optional<Double> strength,
            Optional<Boolean> returnMap) {}

    /**
     * A fault to act out.
     *
     * @param kind what goes wrong, such as {@code java_sleep}
     * @param phase the phase in which it happens, such as {@code denoising}
     * @param step after this many finished steps of the phase; 0 if absent
     * @param heartbeats whether heartbeats go on; no if absent
     * @param attempts on how many attempts it happens; 1 if absent
     */
    public record FaultOrder(
            String kind,
            String phase,
            Optional<Integer> step,
            Optional<Boolean> heartbeats,
            Optional<Integer> attempts) {}

    /** A request with this prompt and the server's defaults; see {@link Builder}. */
    public static Builder of(String prompt) {
        return new Builder(prompt);
    }

    /** Puts a request together. */
    public static final class Builder {
        private final String prompt;
        private Optional<String> model = Optional.empty();
        private Optional<String> negativePrompt = Optional.empty();
        private Optional<Integer> width = Optional.empty();
        private Optional<Integer> height = Optional.empty();
        private Optional<Integer> steps = Optional.empty();
        private Optional<String> sampler = Optional.empty();
        private Optional<Boolean> karras = Optional.empty();
        private Optional<Double> cfgScale = Optional.empty();
        private Optional<Long> seed = Optional.empty();
        private Optional<Integer> clipSkip = Optional.empty();
        private Optional<Integer> count = Optional.empty();
        private Optional<String> format = Optional.empty();
        private Optional<Integer> quality = Optional.empty();
        private Optional<String> priority = Optional.empty();
        private Optional<Integer> deadlineSeconds = Optional.empty();
        private Optional<String> source = Optional.empty();
        private Optional<String> mask = Optional.empty();
        private Optional<Double> strength = Optional.empty();
        private Optional<Boolean> hiresFix = Optional.empty();
        private Optional<Double> hiresStrength = Optional.empty();
        private Optional<Boolean> tiling = Optional.empty();
        private Optional<List<LoraOrder>> loras = Optional.empty();
        private Optional<List<String>> postProcessing = Optional.empty();
        private Optional<ControlOrder> control = Optional.empty();
        private Optional<FaultOrder> fault = Optional.empty();

        private Builder(String prompt) {
            this.prompt = prompt;
        }

        public Builder model(String value) {
            model = Optional.of(value);
            return this;
        }

        public Builder negativePrompt(String value) {
            negativePrompt = Optional.of(value);
            return this;
        }

        public Builder size(int w, int h) {
            width = Optional.of(w);
            height = Optional.of(h);
            return this;
        }

        public Builder steps(int value) {
            steps = Optional.of(value);
            return this;
        }

        public Builder sampler(String value) {
            sampler = Optional.of(value);
            return this;
        }

        public Builder karras(boolean value) {
            karras = Optional.of(value);
            return this;
        }

        public Builder cfgScale(double value) {
            cfgScale = Optional.of(value);
            return this;
        }

        public Builder seed(long value) {
            seed = Optional.of(value);
            return this;
        }

        public Builder clipSkip(int value) {
            clipSkip = Optional.of(value);
            return this;
        }

        public Builder count(int value) {
            count = Optional.of(value);
            return this;
        }

        public Builder format(String value) {
            format = Optional.of(value);
            return this;
        }

        public Builder quality(int value) {
            quality = Optional.of(value);
            return this;
        }

        public Builder priority(String value) {
            priority = Optional.of(value);
            return this;
        }

        public Builder deadlineSeconds(int value) {
            deadlineSeconds = Optional.of(value);
            return this;
        }

        /** A picture in base64, and how much of it may change. */
        public Builder source(String base64, double change) {
            source = Optional.of(base64);
            strength = Optional.of(change);
            return this;
        }

        public Builder mask(String base64) {
            mask = Optional.of(base64);
            return this;
        }

        public Builder hiresFix(double change) {
            hiresFix = Optional.of(true);
            hiresStrength = Optional.of(change);
            return this;
        }

        public Builder tiling(boolean value) {
            tiling = Optional.of(value);
            return this;
        }

        public Builder loras(List<LoraOrder> value) {
            loras = Optional.of(List.copyOf(value));
            return this;
        }

        public Builder postProcessing(List<String> value) {
            postProcessing = Optional.of(List.copyOf(value));
            return this;
        }

        public Builder control(ControlOrder value) {
            control = Optional.of(value);
            return this;
        }

        public Builder fault(FaultOrder value) {
            fault = Optional.of(value);
            return this;
        }

        public JobRequest build() {
            return new JobRequest(
                    model,
                    prompt,
                    negativePrompt,
                    width,
                    height,
                    steps,
                    sampler,
                    karras,
                    cfgScale,
                    seed,
                    clipSkip,
                    count,
                    format,
                    quality,
                    priority,
                    deadlineSeconds,
                    source,
                    mask,
                    strength,
                    hiresFix,
                    hiresStrength,
                    tiling,
                    loras,
                    postProcessing,
                    control,
                    fault);
        }
    }
}
