package drover.node;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Position;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One node as its keeper sees it.
 *
 * @param device what it runs on; {@link GpuDevice#node} is the node's name
 * @param state where it is in its life
 * @param since when that state began
 * @param launch which process of the node this is, from 1; 0 before the first
 * @param pid its process id, if there is a process
 * @param restarts how many processes were started in place of one that had ended or been ended
 * @param engine name of its engine, once known
 * @param models what it can run
 * @param resident what is in its memory
 * @param checks whether it can look at pictures before they leave
 * @param memory its memory, once it has reported any
 * @param slots its inference actors, by index
 * @param standby whether a warm standby is ready
 * @param note why the node is not at work, or why its last process ended; in a sentence for a person
 * @param until when the present pause or quarantine ends, if it ends by itself
 */
public record NodeStatus(
        GpuDevice device,
        NodeState state,
        Instant since,
        long launch,
        OptionalLong pid,
        int restarts,
        Optional<String> engine,
        Set<String> models,
        Set<String> resident,
        boolean checks,
        Optional<NodeMemory> memory,
        List<Slot> slots,
        boolean standby,
        Optional<String> note,
        Optional<Instant> until)
        implements CborSerializable {

    public NodeStatus {
        models = Set.copyOf(models);
        resident = Set.copyOf(resident);
        slots = List.copyOf(slots);
    }

    /** The node's name. */
    public String node() {
        return device.node();
    }

    /**
     * One inference actor.
     *
     * @param index which one, from 0
     * @param work what it runs, if it runs anything
     */
    public record Slot(int index, Optional<Work> work) {}

    /**
     * An attempt that is under way.
     *
     * @param position the last position that was reported
     * @param lastAdvance when the attempt last went beyond where it had been, or was given out
     */
    public record Work(AttemptId attempt, String model, Optional<Position> position, Instant lastAdvance) {}
}
