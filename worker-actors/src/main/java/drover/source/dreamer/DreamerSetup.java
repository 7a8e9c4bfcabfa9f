package drover.source.dreamer;

import drover.source.bridge.BridgeData;
import drover.source.models.ModelReference;
import java.util.Optional;

/**
 * What a dreamer goes by, until it is told otherwise.
 *
 * @param reference the models that the Horde knows, if they could be had
 */
record DreamerSetup(BridgeData data, Optional<ModelReference> reference) {}
