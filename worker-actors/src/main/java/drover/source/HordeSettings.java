package drover.source;

import drover.horde.BridgeAgent;
import drover.source.models.ModelReferenceStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What there is to know about the AI Horde before any worker's own file is read.
 *
 * @param bridgeData a {@code bridgeData.yaml} for each worker
 * @param agent who the workers say they are
 * @param reference where the model reference is
 * @param referenceCopy where a copy of it is kept
 * @param referenceAge how old the copy may get before it is asked for again
 */
public record HordeSettings(
        List<Path> bridgeData,
        BridgeAgent agent,
        ModelReferenceStore.Source reference,
        Path referenceCopy,
        Duration referenceAge) {
    public HordeSettings {
        bridgeData = List.copyOf(bridgeData);
    }
}
