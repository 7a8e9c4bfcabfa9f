package drover.inference;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Runs one attempt after another on a thread of its own. The actor itself never blocks; its {@link Runner} does. What an
 * older attempt still sends is dropped here. A runner that does not come back is never waited for: the owner stops the
 * actor, or ends the process.
 */
public final class InferenceActor extends AbstractBehavior<InferenceActor.Command> {
    /** What the actor understands. */
    public sealed interface Command {}

    /** Run this attempt. Refused with {@link Ended} while another one holds the runner. */
    public record Run(AttemptId attempt, InferenceRequest request) implements Command {}

    /** Set the attempt's cancellation token and interrupt its runner. Without effect if it is not the current one. */
    public record Cancel(AttemptId attempt, String reason) implements Command {}

    /** Somebody wants to see how the attempt's pictures come along. Without effect if it is not the current one. */
    public record ShowPreviews(AttemptId attempt, PreviewWish wish) implements Command {}

    /** Cancel what runs and end. Nothing is heard of the actor or its runner afterwards. */
    public record Stop() implements Command {}

    /** What the owner hears. */
    public sealed interface Event {
        /** Who says it. */
        Id from();
    }

    /** The runner is ready for an attempt: at the start, and after each one. */
    public record Idle(Id from, Set<String> resident) implements Event {
        public Idle {
            resident = Set.copyOf(resident);
        }
    }

    /** The attempt says that it has come to this position; whether that is an advance is for a watchdog to judge. */
    public record Advanced(Id from, AttemptId attempt, Position position) implements Event {}

    /** The runner is alive; says nothing about progress. */
    public record Heartbeat(Id from, AttemptId attempt) implements Event {}

    /** How a picture of the attempt looks now. */
    public record Previewed(Id from, AttemptId attempt, Preview preview) implements Event {}

    /** The attempt's results are in the asset store. */
    public record Produced(Id from, AttemptId attempt, List<AssetRef> assets) implements Event {
        public Produced {
            assets = List.copyOf(assets);
        }
    }

    /**
     * The attempt ended without a result.
     *
     * @param code a stable name of the failure, such as {@code drover:engine.out-of-memory}
     * @param reason in a sentence for a person
     * @param retryable whether another attempt may succeed
     * @param cancelled whether it ended because it was cancelled
     * @param unusable whether this process should run nothing more, because the failure has damaged it
     */
    public record Ended(
            Id from,
            AttemptId attempt,
            String code,
            String reason,
            boolean retryable,
            boolean cancelled,
            boolean unusable)
            implements Event {}

    /** The runner has given its thread back. Follows {@link Produced} or {@link Ended}; {@link Idle} comes next. */
    public record RunnerReturned(Id from, AttemptId attempt) implements Event {}

    /**
     * Names one life of one slot.
     *
     * @param node the node, such as {@code gpu0}
     * @param slot which slot of the node, from 0
     * @param incarnation grows each time the slot's actor is made anew
     */
    public record Id(String node, int slot, int incarnation) {
        /** The name of the thread on which attempts run. */
        public String threadName() {
            return "runner-" + node + "-" + slot;
        }
    }

    /** From the runner thread. */
    private record RunnerSaid(Runner.Report report) implements Command {}

    private final Id id;
    private final ActorRef<Event> owner;
    private final Runner runner;
    private Optional<AttemptId> current = Optional.empty();

    /**
     * An actor with its runner thread.
     *
     * @param engine shared with the other slots of the process; the caller closes it
     * @param assets where results are written
     * @param safety looks at pictures before they are
     * @param owner hears every {@link Event}
     */
    public static Behavior<Command> create(
            Id id, Engine engine, AssetStore assets, Safety safety, ActorRef<Event> owner) {
        return Behaviors.setup(context -> new InferenceActor(context, id, engine, assets, safety, owner));
    }

    private InferenceActor(
            ActorContext<Command> context,
            Id id,
            Engine engine,
            AssetStore assets,
            Safety safety,
            ActorRef<Event> owner) {
        super(context);
        this.id = id;
        this.owner = owner;
        ActorRef<Command> self = context.getSelf();
        this.runner = Runner.start(id, engine, assets, safety, report -> self.tell(new RunnerSaid(report)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onAnyMessage(this::onCommand)
                .onSignal(PostStop.class, signal -> onPostStop())
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        return switch (command) {
            case Run c -> onRun(c);
            case Cancel c -> onCancel(c);
            case ShowPreviews c -> {
                runner.show(c.attempt(), c.wish());
                yield this;
            }
            case Stop c -> Behaviors.stopped();
            case RunnerSaid c -> onReport(c.report());
        };
    }

    private Behavior<Command> onRun(Run command) {
        if (current.isPresent()) {
            owner.tell(new Ended(
                    id,
                    command.attempt(),
                    "drover:slot.busy",
                    "slot " + id.slot() + " of " + id.node() + " still runs " + current.get(),
                    true,
                    false,
                    false));
            return this;
        }
        current = Optional.of(command.attempt());
        runner.run(command.attempt(), command.request());
        return this;
    }

    private Behavior<Command> onCancel(Cancel command) {
        if (isCurrent(command.attempt())) {
            getContext()
                    .getLog()
                    .atInfo()
                    .addKeyValue("job", command.attempt().job().value())
                    .addKeyValue("attempt", command.attempt().number())
                    .log("cancelling {}: {}", command.attempt(), command.reason());
            runner.cancel(command.attempt());
        }
        return this;
    }

    private Behavior<Command> onReport(Runner.Report report) {
        switch (report) {
            case Runner.Report.Ready r -> owner.tell(new Idle(id, r.resident()));
            case Runner.Report.At r
            when isCurrent(r.attempt()) -> owner.tell(new Advanced(id, r.attempt(), r.position()));
            case Runner.Report.Alive r when isCurrent(r.attempt()) -> owner.tell(new Heartbeat(id, r.attempt()));
            case Runner.Report.Shown r
            when isCurrent(r.attempt()) -> owner.tell(new Previewed(id, r.attempt(), r.preview()));
            case Runner.Report.Done r when isCurrent(r.attempt()) -> onDone(r);
            case Runner.Report.At r -> logOld(r.attempt());
            case Runner.Report.Alive r -> logOld(r.attempt());
            case Runner.Report.Shown r -> logOld(r.attempt());
            case Runner.Report.Done r -> logOld(r.attempt());
        }
        return this;
    }

    private void onDone(Runner.Report.Done done) {
        current = Optional.empty();
        owner.tell(
                switch (done.result()) {
                    case Runner.Result.Stored r -> new Produced(id, done.attempt(), r.assets());
                    case Runner.Result.Failed r ->
                        new Ended(id, done.attempt(), r.code(), r.reason(), r.retryable(), r.cancelled(), r.unusable());
                });
        owner.tell(new RunnerReturned(id, done.attempt()));
        owner.tell(new Idle(id, done.resident()));
    }

    private Behavior<Command> onPostStop() {
        runner.abandon();
        return this;
    }

    private boolean isCurrent(AttemptId attempt) {
        return current.filter(attempt::equals).isPresent();
    }

    private void logOld(AttemptId attempt) {
        getContext().getLog().debug("ignored a word of {}, which is over", attempt);
    }
}
