package drover.cli;

import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.Engine;
import drover.inference.InferenceActor;
import drover.inference.InferenceRequest;
import drover.inference.Position;
import drover.inference.Safety;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Guardian of a process that runs one attempt and nothing else: an {@link InferenceActor} and a {@link Watchdog}, as in a
 * GPU process. There is nobody to replace this process, so a stall that a cancellation does not end is a failure.
 */
final class SingleRun extends AbstractBehavior<SingleRun.Command> {
    private static final InferenceActor.Id ACTOR = new InferenceActor.Id("local", 0, 1);

    /** What the guardian understands. */
    sealed interface Command {}

    /** The user wants no result any more. */
    record Cancel(String reason) implements Command {}

    private record FromActor(InferenceActor.Event event) implements Command {}

    private record FromWatchdog(Verdict verdict) implements Command {}

    /** How the run ended. */
    sealed interface Outcome {
        /** The results are stored. */
        record Stored(List<AssetRef> assets) implements Outcome {}

        /** There is no result. */
        record Failed(String code, String reason) implements Outcome {}

        /** There is no result, because it was no longer wanted. */
        record Cancelled() implements Outcome {}

        /** It stood still, and a cancellation did not bring it to a good end. */
        record Stalled(Stall stall) implements Outcome {}
    }

    /**
     * What is to be run.
     *
     * @param attempt names the run
     * @param progress hears every position; called by the actor
     * @param outcome is completed with the end
     */
    record Order(
            AttemptId attempt,
            InferenceRequest request,
            Engine engine,
            AssetStore assets,
            PhaseTimeouts timeouts,
            Consumer<Position> progress,
            CompletableFuture<Outcome> outcome) {}

    private final Order order;
    private final ActorRef<InferenceActor.Command> actor;
    private final ActorRef<Watchdog.Command> watchdog;
    private boolean unwanted;
    private boolean stalled;

    /** Runs the order at once. */
    static Behavior<Command> create(Order order) {
        return Behaviors.setup(context -> new SingleRun(context, order));
    }

    private SingleRun(ActorContext<Command> context, Order order) {
        super(context);
        this.order = order;
        watchdog = context.spawn(Watchdog.create("local", System::nanoTime, InstantSource.system()), "watchdog");
        actor = context.spawn(
                InferenceActor.create(
                        ACTOR,
                        order.engine(),
                        order.assets(),
                        Safety.none(), // Whoever runs this is who looks at the pictures.
                        context.messageAdapter(InferenceActor.Event.class, FromActor::new)),
                "inference");
        watchdog.tell(new Watchdog.Watch(
                order.attempt(),
                order.request().model(),
                order.timeouts(),
                Rungs.FULL,
                context.messageAdapter(Verdict.class, FromWatchdog::new)));
        actor.tell(new InferenceActor.Run(order.attempt(), order.request()));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Cancel it -> {
                unwanted = true;
                actor.tell(new InferenceActor.Cancel(order.attempt(), it.reason()));
            }
            case FromActor it -> onEvent(it.event());
            case FromWatchdog it -> onVerdict(it.verdict());
        }
        return this;
    }

    private void onEvent(InferenceActor.Event event) {
        switch (event) {
            case InferenceActor.Advanced it -> {
                order.progress().accept(it.position());
                watchdog.tell(new Watchdog.Advanced(it.attempt(), it.position()));
            }
            case InferenceActor.Heartbeat it -> watchdog.tell(new Watchdog.Heartbeat(it.attempt()));
            case InferenceActor.Produced it -> end(new Outcome.Stored(it.assets()));
            case InferenceActor.Ended it -> onEnded(it);
            case InferenceActor.RunnerReturned it -> watchdog.tell(new Watchdog.RunnerReturned(it.attempt()));
            case InferenceActor.Idle _, InferenceActor.Previewed _ -> {}
        }
    }

    private void onEnded(InferenceActor.Ended event) {
        if (unwanted && event.cancelled()) {
            end(new Outcome.Cancelled());
        } else if (!stalled) {
            end(new Outcome.Failed(event.code(), event.reason()));
        }
        // After a stall the watchdog's next verdict ends the run; it knows why.
    }

    private void onVerdict(Verdict verdict) {
        switch (verdict) {
            case Verdict.Cancel it -> {
                stalled = true;
                actor.tell(new InferenceActor.Cancel(
                        order.attempt(), "stalled in " + it.stall().position()));
            }
            case Verdict.RestartActor it -> end(new Outcome.Stalled(it.stall()));
            case Verdict.ReplaceProcess it -> end(new Outcome.Stalled(it.stall()));
        }
    }

    private void end(Outcome outcome) {
        watchdog.tell(new Watchdog.Unwatch(order.attempt()));
        order.outcome().complete(outcome);
    }
}
