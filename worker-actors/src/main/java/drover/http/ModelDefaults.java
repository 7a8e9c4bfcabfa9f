package drover.http;

import drover.inference.Sampler;
import java.util.List;
import java.util.Optional;

/** What the API has to know of models to complete and check a request. Called for every request, so it returns at once. */
public interface ModelDefaults {
    /** The model of this name, by any name that the catalogue knows for it. */
    Optional<Defaults> byName(String name);

    /** The model for requests that name none; empty if there is no model at all. */
    Optional<Defaults> defaultModel();

    /** The names that can be asked for, for messages. */
    List<String> names();

    /**
     * What holds for a model where a request says nothing.
     *
     * @param model its name in the catalogue
     * @param width pixels
     * @param height pixels
     * @param sizeMultiple width and height must be multiples of this many pixels
     * @param steps denoising steps
     * @param sampler the sampler
     * @param cfgScale classifier-free guidance scale
     * @param clipSkip text encoder layer, counted from the end, 1 is the last
     */
    record Defaults(
            String model,
            int width,
            int height,
            int sizeMultiple,
            int steps,
            Sampler sampler,
            double cfgScale,
            int clipSkip) {}
}
