package drover.source.models;

import java.util.OptionalLong;

/**
 * A model that the reference knows.
 *
 * @param name as it is offered
 * @param baseline its family
 * @param nsfw whether it is marked so
 * @param inpainting whether it is made for inpainting
 * @param bytes how much it takes on disk, if the reference says so
 */
public record ReferenceModel(String name, Baseline baseline, boolean nsfw, boolean inpainting, OptionalLong bytes) {}
