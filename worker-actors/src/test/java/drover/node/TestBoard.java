package drover.node;

import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.InferenceRequest;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * A board with no ledger behind it: jobs in a queue, every retryable end gives another attempt. It speaks the board's
 * whole side of the protocol, so that keepers and nodes can be run without the rest of the control process.
 */
final class TestBoard extends AbstractBehavior<JobBoard.Command> {
    /** What tests look at. Written by the board's thread only. */
    static final class Journal {
        final List<End> ends = new CopyOnWriteArrayList<>();
        final List<Step> steps = new CopyOnWriteArrayList<>();
        final List<SlotId> idle = new CopyOnWriteArrayList<>();
        final List<Long> idleAt = new CopyOnWriteArrayList<>();
        final List<SlotId> gone = new CopyOnWriteArrayList<>();
        final List<Given> given = new CopyOnWriteArrayList<>();

        Optional<End> produced(String job) {
            return ends.stream()
                    .filter(e ->
                            e.attempt().job().value().equals(job) && e.outcome().isEmpty())
                    .findFirst();
        }

        List<AttemptOutcome> outcomes(String job) {
            return ends.stream()
                    .filter(e -> e.attempt().job().value().equals(job))
                    .flatMap(e -> e.outcome().stream())
                    .toList();
        }

        boolean isRunning(String job) {
            return steps.stream().anyMatch(s -> s.attempt().job().value().equals(job));
        }
    }

    record End(SlotId slot, AttemptId attempt, Optional<AttemptOutcome> outcome, String code, List<AssetRef> assets) {}

    record Step(SlotId slot, AttemptId attempt, Position position, long nanos) {}

    record Given(SlotId slot, AttemptId attempt, long nanos) {}

    private final Journal record;
    private final Map<AttemptId, InferenceRequest> out = new LinkedHashMap<>();
    private final Deque<Map.Entry<AttemptId, InferenceRequest>> waiting = new ArrayDeque<>();
    private final Map<SlotId, ActorRef<SlotCommand>> idle = new LinkedHashMap<>();

    static Behavior<JobBoard.Command> create(Journal record, Map<String, InferenceRequest> jobs) {
        return Behaviors.setup(context -> new TestBoard(context, record, jobs));
    }

    private TestBoard(ActorContext<JobBoard.Command> context, Journal record, Map<String, InferenceRequest> jobs) {
        super(context);
        this.record = record;
        jobs.forEach((id, request) -> waiting.add(Map.entry(new AttemptId(new JobId(id), 1), request)));
    }

    @Override
    public Receive<JobBoard.Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(JobBoard.SlotIdle.class, this::onIdle)
                .onMessage(JobBoard.SlotGone.class, this::onGone)
                .onMessage(JobBoard.Advanced.class, this::onAdvanced)
                .onMessage(JobBoard.Produced.class, this::onProduced)
                .onMessage(JobBoard.AttemptEnded.class, this::onEnded)
                .build();
    }

    private Behavior<JobBoard.Command> onIdle(JobBoard.SlotIdle it) {
        boolean busy = record.given.stream().anyMatch(g -> g.slot().equals(it.slot()) && out.containsKey(g.attempt()));
        if (!busy) {
            record.idle.add(it.slot());
            record.idleAt.add(System.nanoTime());
            idle.put(it.slot(), it.keeper());
            give();
        }
        return this;
    }

    private Behavior<JobBoard.Command> onGone(JobBoard.SlotGone it) {
        record.gone.add(it.slot());
        idle.remove(it.slot());
        return this;
    }

    private Behavior<JobBoard.Command> onAdvanced(JobBoard.Advanced it) {
        record.steps.add(new Step(it.slot(), it.attempt(), it.position(), System.nanoTime()));
        return this;
    }

    private Behavior<JobBoard.Command> onProduced(JobBoard.Produced it) {
        if (out.remove(it.attempt()) != null) {
            record.ends.add(new End(it.slot(), it.attempt(), Optional.empty(), "", it.assets()));
        }
        it.keeper().tell(new SlotCommand.ResultRecorded(it.slot(), it.attempt()));
        return this;
    }

    private Behavior<JobBoard.Command> onEnded(JobBoard.AttemptEnded it) {
        InferenceRequest request = out.remove(it.attempt());
        if (request != null) {
            record.ends.add(new End(
                    it.slot(),
                    it.attempt(),
                    Optional.of(it.end().outcome()),
                    it.end().code(),
                    List.of()));
            if (it.end().retryable()) {
                waiting.addFirst(Map.entry(it.attempt().next(), request));
            }
        }
        it.keeper().tell(new SlotCommand.ResultRecorded(it.slot(), it.attempt()));
        give();
        return this;
    }

    private void give() {
        while (!idle.isEmpty() && !waiting.isEmpty()) {
            Map.Entry<SlotId, ActorRef<SlotCommand>> first =
                    idle.entrySet().iterator().next();
            SlotId slot = first.getKey();
            ActorRef<SlotCommand> keeper = first.getValue();
            idle.remove(slot);
            Map.Entry<AttemptId, InferenceRequest> next = waiting.removeFirst();
            out.put(next.getKey(), next.getValue());
            record.given.add(new Given(slot, next.getKey(), System.nanoTime()));
            keeper.tell(new SlotCommand.Offer(
                    slot, next.getKey(), next.getValue(), Instant.now().plusSeconds(300), List.of()));
        }
    }
}
