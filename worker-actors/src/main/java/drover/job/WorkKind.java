package drover.job;

import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;

/**
 * What kind of work a job is, for learning from one job about the next: jobs of one kind take the same time for a step
 * on the same node.
 *
 * <p>Step time is not simply proportional to pixels. Below some size a step's fixed costs decide and above it attention
 * grows with the square of the pixels, so that a time per megapixel learned from one size would be wrong in one direction
 * or the other for the next. So sizes are told apart in classes, half an octave of pixels wide: within one, pixels differ
 * by at most 1.41 and a purely quadratic cost by at most 2.
 *
 * @param model the model
 * @param size the class of width × height: {@code round(2 × log2(pixels))}
 * @param guided whether classifier-free guidance doubles each step
 */
public record WorkKind(String model, int size, boolean guided) {
    /** The kind of a request. */
    public static WorkKind of(InferenceRequest request) {
        return switch (request) {
            case ImageRequest it -> {
                double pixels = (double) it.width() * it.height();
                int size = (int) Math.round(2 * Math.log(pixels) / Math.log(2));
                yield new WorkKind(it.model(), size, it.cfgScale() > 1);
            }
        };
    }

    /** Such as {@code 0.26 MP, guided}. */
    public String describe() {
        return "%.2g MP%s".formatted(Math.pow(2, size / 2.0) / 1e6, guided ? ", guided" : "");
    }
}
