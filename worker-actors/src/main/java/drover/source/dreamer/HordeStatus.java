package drover.source.dreamer;

import drover.inference.CborSerializable;
import drover.source.addons.AddOnStatus;
import java.util.List;

/**
 * How the work for the Horde goes.
 *
 * @param workers those that are there
 * @param idle files by which nobody works, and why
 * @param addOns how fetching and keeping of LoRAs and textual inversions goes
 */
public record HordeStatus(List<DreamerStatus> workers, List<String> idle, List<AddOnStatus> addOns)
        implements CborSerializable {
    public HordeStatus {
        workers = List.copyOf(workers);
        idle = List.copyOf(idle);
        addOns = List.copyOf(addOns);
    }
}
