package drover.client;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every node, in the order of the configuration. */
public record NodesView(List<NodeView> nodes) {
    public NodesView {
        nodes = List.copyOf(nodes);
    }

    /**
     * One node.
     *
     * @param node its name, such as {@code gpu0}
     * @param device what it runs on
     * @param state {@code LAUNCHING, RUNNING, REPLACING, BACKING_OFF, QUARANTINED, DRAINING} or {@code STOPPED}
     * @param since when that state began
     * @param launch which process of the node this is, from 1; 0 before the first
     * @param pid its process id, if there is a process
     * @param restarts how many processes were started in place of one that had ended
     * @param engine name of its engine, once known
     * @param models what it can run
     * @param resident what is in its memory
     * @param checks whether it can look at pictures before they leave
     * @param memory its memory, once it has reported any
     * @param actors its inference actors
     * @param standby whether a warm standby is ready
     * @param note why it is not at work, or why its last process ended
     * @param until when the present pause or quarantine ends, if it ends by itself
     * @param standing what the board thinks of it, once it has asked for work
     */
    public record NodeView(
            String node,
            String device,
            String state,
            Instant since,
            long launch,
            Optional<Long> pid,
            int restarts,
            Optional<String> engine,
            List<String> models,
            List<String> resident,
            boolean checks,
            Optional<MemoryView> memory,
            List<ActorView> actors,
            boolean standby,
            Optional<String> note,
            Optional<Instant> until,
            Optional<StandingView> standing) {
        public NodeView {
            models = List.copyOf(models);
            resident = List.copyOf(resident);
            actors = List.copyOf(actors);
        }
    }

    /**
     * What the board thinks of a node. This is about jobs; whether the node's process is started is its {@code state}.
     *
     * @param trust {@code OPEN}, {@code SUSPENDED} (gets no jobs for a while) or {@code PROBATION} (one at a time)
     * @param until when a suspension ends
     * @param reliability decayed share of attempts that ended well, 0 to 1
     * @param failuresInARow since an attempt last ended well
     * @param reason what the last failure was
     * @param megapixelStepsPerSecond its speed by model, as far as known
     */
    public record StandingView(
            String trust,
            Optional<Instant> until,
            double reliability,
            int failuresInARow,
            Optional<String> reason,
            Map<String, Double> megapixelStepsPerSecond) {
        public StandingView {
            megapixelStepsPerSecond = Map.copyOf(megapixelStepsPerSecond);
        }
    }

    /**
     * A process's memory.
     *
     * @param residentBytes all of it, native memory included
     * @param heapUsedBytes Java heap in use
     * @param heapMaxBytes what the Java heap may grow to
     * @param nativeHandles objects of native memory that the engine holds
     */
    public record MemoryView(long residentBytes, long heapUsedBytes, long heapMaxBytes, long nativeHandles) {}

    /**
     * One inference actor.
     *
     * @param index which one of its node, from 0
     * @param work what it runs, if it runs anything
     */
    public record ActorView(int index, Optional<WorkView> work) {}

    /**
     * An attempt that is under way.
     *
     * @param position where it is, once it has said so
     * @param secondsSinceAdvance since it last went beyond where it had been
     */
    public record WorkView(
            String job, int attempt, String model, Optional<PositionView> position, double secondsSinceAdvance) {}

    /**
     * A position.
     *
     * @param phase such as {@code DENOISING}
     * @param step steps finished in this phase
     * @param of how many steps the phase has
     */
    public record PositionView(String phase, int step, int of) {}
}
