package drover.source.server;

import java.util.List;

/**
 * What has come of everything that was ordered of a {@link LocalHorde}.
 *
 * @param finished whether nothing is waiting or in a worker's hands
 * @param pictures all ids that were ever popped, in their order
 * @param violations what workers did wrong; complete once {@code finished}
 */
public record HordeBooks(boolean finished, List<History> pictures, List<Audit.Violation> violations) {
    public HordeBooks {
        pictures = List.copyOf(pictures);
        violations = List.copyOf(violations);
    }
}
