package drover.inference;

import java.util.Objects;
import java.util.Optional;

/**
 * A picture, or several of one prompt.
 *
 * @param model name of the model in the catalogue
 * @param prompt what to draw
 * @param negativePrompt what to keep away from; may be empty
 * @param width pixels, a multiple of the model's latent factor
 * @param height pixels, a multiple of the model's latent factor
 * @param steps denoising steps, 1 to 500
 * @param sampler the sampler
 * @param karras whether its noise levels are spaced by Karras et al. (2022) rather than evenly in time
 * @param cfgScale classifier-free guidance scale, 1 means none
 * @param seed 0 to 2^32-1; picture {@code i} of a request uses {@code seed + i} modulo 2^32
 * @param clipSkip which text encoder layer is used, counted from the end: 1 is the last (the AI Horde's count)
 * @param count pictures, at least 1
 * @param fault a fault to act out, for engines made for that
 * @param features what it is made with beside the prompt
 * @param format how the pictures are written
 * @param safety what is looked after before they leave the node; nothing if empty
 */
public record ImageRequest(
        String model,
        String prompt,
        String negativePrompt,
        int width,
        int height,
        int steps,
        Sampler sampler,
        boolean karras,
        double cfgScale,
        long seed,
        int clipSkip,
        int count,
        Optional<FaultPlan> fault,
        ImageFeatures features,
        OutputFormat format,
        Optional<SafetyPolicy> safety)
        implements InferenceRequest {

    /** Seeds are below this: 2^32. */
    public static final long SEED_LIMIT = 1L << 32;

    public ImageRequest {
        // Absent in requests from before there was a choice.
        features = Objects.requireNonNullElse(features, ImageFeatures.NONE);
        format = Objects.requireNonNullElse(format, OutputFormat.PNG);
        require(width > 0 && height > 0, "width and height must be positive, but were " + width + "x" + height);
        require(steps >= 1 && steps <= 500, "steps must be 1 to 500, but was " + steps);
        require(cfgScale >= 1 && cfgScale <= 100, "cfgScale must be 1 to 100, but was " + cfgScale);
        require(seed >= 0 && seed < SEED_LIMIT, "seed must be 0 to 4294967295, but was " + seed);
        require(clipSkip >= 1 && clipSkip <= 12, "clipSkip must be 1 to 12, but was " + clipSkip);
        require(count >= 1, "count must be at least 1, but was " + count);
    }

    /** A request for pictures from a prompt alone, as PNG files that nobody looks at. */
    public ImageRequest(
            String model,
            String prompt,
            String negativePrompt,
            int width,
            int height,
            int steps,
            Sampler sampler,
            boolean karras,
            double cfgScale,
            long seed,
            int clipSkip,
            int count,
            Optional<FaultPlan> fault) {
        this(
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
                fault,
                ImageFeatures.NONE,
                OutputFormat.PNG,
                Optional.empty());
    }

    /** The same with evenly spaced noise levels. */
    public ImageRequest(
            String model,
            String prompt,
            String negativePrompt,
            int width,
            int height,
            int steps,
            Sampler sampler,
            double cfgScale,
            long seed,
            int clipSkip,
            int count,
            Optional<FaultPlan> fault) {
        this(
                model,
                prompt,
                negativePrompt,
                width,
                height,
                steps,
                sampler,
                false,
                cfgScale,
                seed,
                clipSkip,
                count,
                fault);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** This request, made with that. */
    public ImageRequest with(ImageFeatures other) {
        return with(other, format, safety);
    }

    /** This with its pictures written in another format. */
    public ImageRequest withFormat(OutputFormat other) {
        return with(features, other, safety);
    }

    /** This with another policy. */
    public ImageRequest withSafety(SafetyPolicy other) {
        return with(features, format, Optional.of(other));
    }

    private ImageRequest with(
            ImageFeatures otherFeatures, OutputFormat otherFormat, Optional<SafetyPolicy> otherSafety) {
        return new ImageRequest(
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
                fault,
                otherFeatures,
                otherFormat,
                otherSafety);
    }

    /** The seed of picture {@code i}, from 0. */
    public long seedOf(int i) {
        return (seed + i) % SEED_LIMIT;
    }
}
