package drover.source.dreamer;

import drover.source.models.Baseline;

/**
 * What is known of the model that a job asks for.
 *
 * @param name as the nodes call it
 * @param baseline its family
 * @param inpainting whether it can do nothing but paint over
 */
record KnownModel(String name, Baseline baseline, boolean inpainting) {}
