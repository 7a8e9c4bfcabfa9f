package drover.client;

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
        Optional<FaultOrder> fault) {

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
                    fault);
        }
    }
}
