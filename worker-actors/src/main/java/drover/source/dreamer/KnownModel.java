package drover.source.dreamer;

import drover.source.models.Baseline;
import drover.source.models.ReferenceModel;
import java.util.Optional;

/**
 * What is known of the model that a job asks for.
 *
 * @param name as the nodes call it
 * @param baseline its family
 * @param inpainting whether it can do nothing but paint over
 */
record KnownModel(String name, Baseline baseline, boolean inpainting) {
    /** What the worker's settings and the reference say of a model that the Horde calls so. */
    static KnownModel of(String hordeName, DreamerSetup setup, Optional<Offer> offer) {
        return new KnownModel(
                offer.map(known -> known.spelled(hordeName)).orElse(hordeName),
                Offer.baseline(
                        hordeName, setup.reference(), setup.data().models().custom()),
                setup.reference()
                        .flatMap(reference -> reference.find(hordeName))
                        .filter(ReferenceModel::inpainting)
                        .isPresent());
    }
}
