package drover.report;

import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.job.WorkKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What of a request may make it fail, in classes coarse enough that several requests fall into each.
 *
 * @param model the model
 * @param size the class of its pictures, such as {@code 0.26 MP}; half an octave of pixels wide
 * @param steps the class of its steps, such as {@code 21 to 30}
 * @param sampler the sampler
 * @param features what else it asks for; may be empty
 */
record Configuration(String model, String size, String steps, String sampler, List<String> features) {
    private static final int[] STEPS = {0, 10, 20, 30, 50, 100};

    Configuration {
        features = List.copyOf(features);
    }

    static Configuration of(InferenceRequest request) {
        return switch (request) {
            case ImageRequest it ->
                new Configuration(
                        it.model(),
                        size(WorkKind.of(it).size()),
                        steps(it.steps()),
                        it.sampler().hordeName(),
                        features(it));
        };
    }

    /** Such as {@code sdxl, 1 MP, 21 to 30 steps, k_euler, guided}. */
    String describe() {
        return model + ", " + size + ", " + steps + " steps, " + sampler
                + (features.isEmpty() ? "" : ", " + String.join(" + ", features));
    }

    private static String size(int octaveHalves) {
        return String.format(Locale.ROOT, "%.2g MP", Math.pow(2, octaveHalves / 2.0) / 1e6);
    }

    private static String steps(int steps) {
        for (int i = 1; i < STEPS.length; i++) {
            if (steps <= STEPS[i]) {
                return (STEPS[i - 1] + 1) + " to " + STEPS[i];
            }
        }
        return "more than " + STEPS[STEPS.length - 1];
    }

    private static List<String> features(ImageRequest request) {
        List<String> features = new ArrayList<>();
        if (request.cfgScale() > 1) {
            features.add("guided");
        }
        if (!request.negativePrompt().isEmpty()) {
            features.add("negative prompt");
        }
        if (request.count() > 1) {
            features.add("several pictures");
        }
        if (request.clipSkip() > 1) {
            features.add("clip skip");
        }
        return features;
    }
}
