package drover.ledger;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Removes ended jobs with their results, incidents, and old entries of the audit log, once they have been kept for as
 * long as the operator wants: every minute a round of small steps with pauses between them, so that commits pass in
 * between.
 */
public final class Retention extends AbstractBehavior<Retention.Command> {
    /** What it understands; nothing from outside. */
    public sealed interface Command {}

    private record Begin() implements Command {}

    private record Next() implements Command {}

    private record Stepped(Pruner.Step step) implements Command {}

    private record StepFailed(Throwable cause) implements Command {}

    static final Duration ROUND = Duration.ofMinutes(1);
    static final Duration BREATH = Duration.ofMillis(50);

    private final TimerScheduler<Command> timers;
    private final Pruner pruner;
    private final InstantSource clock;
    private final Executor blocking;
    private final Counter jobs;
    private final Counter incidents;
    private final Counter audit;

    /**
     * Keeps this database small.
     *
     * @param database closed by somebody else
     * @param meters receives {@code drover.ledger.pruned}
     */
    public static Behavior<Command> create(
            LedgerDatabase database,
            ResultRemoval results,
            RetentionSettings settings,
            InstantSource clock,
            MeterRegistry meters) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new Retention(context, timers, new Pruner(database, results, settings), clock, meters)));
    }

    private Retention(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Pruner pruner,
            InstantSource clock,
            MeterRegistry meters) {
        super(context);
        this.timers = timers;
        this.pruner = pruner;
        this.clock = clock;
        this.blocking = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
        this.jobs = pruned(meters, "jobs");
        this.incidents = pruned(meters, "incidents");
        this.audit = pruned(meters, "audit");
        timers.startSingleTimer(Begin.class, new Begin(), ROUND);
    }

    private static Counter pruned(MeterRegistry meters, String what) {
        return Counter.builder("drover.ledger.pruned")
                .description("What was removed because it had been kept for long enough")
                .tag("what", what)
                .register(meters);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Begin() -> {
                pruner.begin();
                step();
            }
            case Next() -> step();
            case Stepped(Pruner.Step step) -> {
                jobs.increment(step.jobs());
                incidents.increment(step.incidents());
                audit.increment(step.audit());
                if (step.more()) {
                    timers.startSingleTimer(Next.class, new Next(), BREATH);
                } else {
                    timers.startSingleTimer(Begin.class, new Begin(), ROUND);
                }
            }
            case StepFailed(Throwable cause) -> {
                getContext().getLog().warn("what is too old cannot be removed now: {}", cause.getMessage());
                timers.startSingleTimer(Begin.class, new Begin(), ROUND);
            }
        }
        return this;
    }

    private void step() {
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(this::blockingStep, blocking),
                        (step, failure) -> failure == null ? new Stepped(step) : new StepFailed(failure));
    }

    private Pruner.Step blockingStep() {
        try {
            return pruner.step(clock.instant());
        } catch (IOException | WriteFailedException e) {
            throw new CompletionException(e);
        }
    }
}
