package drover.source.dreamer;

import drover.inference.CborSerializable;
import java.util.List;

/**
 * How the work for the Horde goes.
 *
 * @param workers those that are there
 * @param idle files by which nobody works, and why
 */
public record HordeStatus(List<DreamerStatus> workers, List<String> idle) implements CborSerializable {
    public HordeStatus {
        workers = List.copyOf(workers);
        idle = List.copyOf(idle);
    }
}
