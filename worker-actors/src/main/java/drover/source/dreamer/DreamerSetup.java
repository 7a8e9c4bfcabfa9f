package drover.source.dreamer;

import drover.source.bridge.BridgeData;
import drover.source.models.ModelReference;
import drover.source.skills.Skills;
import java.util.Optional;

/**
 * What a dreamer goes by, until it is told otherwise.
 *
 * @param reference the models that the Horde knows, if they could be had
 * @param skills what can be done of that which has names of the Horde's own
 * @param able what may be offered
 */
record DreamerSetup(BridgeData data, Optional<ModelReference> reference, Skills skills, Abilities able) {}
