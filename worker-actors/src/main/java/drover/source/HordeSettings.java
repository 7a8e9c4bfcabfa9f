package drover.source;

import drover.horde.BridgeAgent;
import drover.job.Tenant;
import drover.source.addons.AddOnSettings;
import drover.source.models.ModelReferenceStore;
import drover.source.skills.SkillSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What there is to know about the AI Horde before any worker's own file is read.
 *
 * @param enabled whether there is work for the Horde at all
 * @param bridgeData a {@code bridgeData.yaml} for each worker
 * @param agent who the workers say they are
 * @param tenant whose jobs the Horde's are, beside those of the public API
 * @param maintenanceOnStop whether the Horde is to have the workers in maintenance when Drover is stopped
 * @param privateSources whether source images may be fetched from this machine and its network
 * @param reference where the model reference is
 * @param referenceCopy where a copy of it is kept
 * @param referenceAge how old the copy may get before it is asked for again
 * @param loras where LoRA files come from; the workers' own files say how many are kept
 * @param inversions where textual inversions come from
 * @param skills what is offered of that which has names of the Horde's own, and where the files for it are
 */
public record HordeSettings(
        boolean enabled,
        List<Path> bridgeData,
        BridgeAgent agent,
        Tenant tenant,
        boolean maintenanceOnStop,
        boolean privateSources,
        ModelReferenceStore.Source reference,
        Path referenceCopy,
        Duration referenceAge,
        AddOnSettings loras,
        AddOnSettings inversions,
        SkillSettings skills) {
    public HordeSettings {
        bridgeData = List.copyOf(bridgeData);
    }
}
