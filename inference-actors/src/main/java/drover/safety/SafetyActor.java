package drover.safety;

import drover.inference.EngineException;
import drover.picture.Picture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Looks at pictures for all runners of a process, one after another, on a thread of its own. Every question is answered:
 * by what was seen, or by why nothing was. A look that takes too long counts as hung, and until it comes back so does every
 * other one.
 */
public final class SafetyActor extends AbstractBehavior<SafetyActor.Command> {
    /** What the actor understands. */
    public sealed interface Command {}

    /** Look at this picture. */
    public record Check(Picture picture, ActorRef<Reply> replyTo) implements Command {}

    /** Answers to {@link Check}. */
    public sealed interface Reply {
        /** This was seen. */
        record Seen(PictureChecker.Findings findings) implements Reply {}

        /** Nobody here looks at pictures. */
        record Unavailable(String reason) implements Reply {}

        /**
         * It could not be looked at.
         *
         * @param hung whether a look has not come back
         */
        record Failed(String reason, boolean hung) implements Reply {}
    }

    /** What its owner hears: that it can look at pictures from now on. */
    public record Ready() {}

    private record Opened(PictureChecker checker) implements Command {}

    private record OpenFailed(String reason) implements Command {}

    private record Looked(long number, Reply reply) implements Command {}

    private record Overdue(long number) implements Command {}

    private final TimerScheduler<Command> timers;
    private final Duration timeout;
    private final ActorRef<Ready> owner;
    private final Optional<ExecutorService> thread;
    private final Deque<Check> waiting = new ArrayDeque<>();
    private Optional<PictureChecker> checker = Optional.empty();
    private Optional<String> unavailable = Optional.empty();
    private Optional<Check> current = Optional.empty();
    private boolean hung;
    private long number;

    /**
     * An actor that opens its checker at once, if there is one.
     *
     * @param opener opens it, on the actor's own thread
     * @param timeout how long one look may take
     * @param owner hears when it is ready
     */
    public static Behavior<Command> create(
            Optional<PictureChecker.Opener> opener, Duration timeout, ActorRef<Ready> owner) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new SafetyActor(context, timers, opener, timeout, owner)));
    }

    private SafetyActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Optional<PictureChecker.Opener> opener,
            Duration timeout,
            ActorRef<Ready> owner) {
        super(context);
        this.timers = timers;
        this.timeout = timeout;
        this.owner = owner;
        // A daemon, because a thread that never comes back must not keep a process alive that wants to end.
        this.thread = opener.map(_ -> Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("safety").factory()));
        if (opener.isEmpty()) {
            unavailable = Optional.of("no safety checker is set up here (drover.safety.model)");
        } else {
            run(() -> new Opened(opener.get().open()), problem -> new OpenFailed(problem));
        }
    }

    @FunctionalInterface
    private interface Work {
        Command run() throws EngineException;
    }

    @FunctionalInterface
    private interface Trouble {
        Command of(String problem);
    }

    private void run(Work work, Trouble trouble) {
        CompletableFuture<Command> done = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.run();
                    } catch (EngineException e) {
                        throw new CompletionException(e);
                    }
                },
                thread.orElseThrow());
        getContext().pipeToSelf(done, (command, problem) -> problem == null ? command : trouble.of(text(problem)));
    }

    private static String text(Throwable problem) {
        @Nullable Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
        return cause instanceof EngineException e ? String.valueOf(e.getMessage()) : String.valueOf(cause);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onAnyMessage(this::onCommand)
                .onSignal(PostStop.class, _ -> onPostStop())
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Check it -> waiting.add(it);
            case Opened it -> {
                checker = Optional.of(it.checker());
                owner.tell(new Ready());
            }
            case OpenFailed it -> {
                getContext().getLog().error("pictures cannot be checked here: {}", it.reason());
                unavailable = Optional.of("the safety checker could not be opened: " + it.reason());
            }
            case Looked it -> onLooked(it);
            case Overdue it -> onOverdue(it.number());
        }
        goOn();
        return this;
    }

    /** Answers what can be answered, and begins the next look. */
    private void goOn() {
        unavailable.ifPresent(reason -> answerAll(new Reply.Unavailable(reason)));
        if (hung) {
            answerAll(new Reply.Failed("the safety checker has not come back from another picture", true));
        }
        if (checker.isPresent() && current.isEmpty() && !waiting.isEmpty()) {
            PictureChecker open = checker.get();
            Check check = waiting.remove();
            long mine = ++number;
            current = Optional.of(check);
            timers.startSingleTimer(Overdue.class, new Overdue(mine), timeout);
            run(
                    () -> new Looked(mine, new Reply.Seen(open.look(check.picture()))),
                    problem -> new Looked(mine, new Reply.Failed(problem, false)));
        }
    }

    private void answerAll(Reply reply) {
        while (!waiting.isEmpty()) {
            waiting.remove().replyTo().tell(reply);
        }
    }

    private void onLooked(Looked it) {
        timers.cancel(Overdue.class);
        if (hung) {
            getContext().getLog().warn("the safety checker has come back late");
            hung = false;
        } else {
            current.ifPresent(check -> check.replyTo().tell(it.reply()));
        }
        current = Optional.empty();
    }

    private void onOverdue(long late) {
        if (late == number && current.isPresent()) {
            getContext().getLog().error("the safety checker has not come back within {}", timeout);
            hung = true;
            current.get()
                    .replyTo()
                    .tell(new Reply.Failed("the safety checker did not come back within " + timeout, true));
        }
    }

    private Behavior<Command> onPostStop() {
        // Its memory must not go while a look still uses it, so that is left to the thread itself.
        thread.ifPresent(it -> {
            checker.ifPresent(open -> it.execute(open::close));
            it.shutdown();
        });
        return this;
    }
}
