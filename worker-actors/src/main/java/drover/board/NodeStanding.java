package drover.board;

import drover.inference.CborSerializable;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What the board thinks of a node.
 *
 * @param node its name
 * @param trust whether it gets jobs
 * @param until when its suspension ends, if it is suspended
 * @param reliability decayed share of attempts that ended well, 0 to 1; 1 for a node that nothing is known of
 * @param failuresInARow since an attempt last ended well
 * @param reason what the last failure was, in a sentence for a person
 * @param speeds pixel-steps per second by model, as far as known
 */
public record NodeStanding(
        String node,
        Trust trust,
        Optional<Instant> until,
        double reliability,
        int failuresInARow,
        Optional<String> reason,
        Map<String, Double> speeds)
        implements CborSerializable {
    public NodeStanding {
        speeds = Map.copyOf(speeds);
    }

    /** Whether a node gets jobs. */
    public enum Trust {
        /** As many as it asks for. */
        OPEN,
        /** None for a while. */
        SUSPENDED,
        /** One at a time, until one ends well. */
        PROBATION
    }
}
