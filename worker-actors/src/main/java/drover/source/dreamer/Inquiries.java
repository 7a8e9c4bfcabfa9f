package drover.source.dreamer;

import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.Status;
import drover.horde.User;
import drover.horde.WorkerChange;
import drover.horde.WorkerDetails;
import drover.rules.Surroundings;
import drover.source.models.ModelPopularity;
import drover.source.models.ModelSelection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What a dreamer asks the Horde beside jobs: how the account and the worker stand there, which models are used most, and
 * to end or begin its maintenance. Nothing depends on an answer but what is shown, and what {@code TOP} and
 * {@code BOTTOM} in models_to_load come to; without one, what was known before goes on. For one owner, which passes on
 * what is {@link Said}.
 *
 * @param <M> what the owner hears
 */
final class Inquiries<M> {
    /** What the Horde has said, or that it is time to ask. */
    sealed interface Said {}

    private record Refresh() implements Said {}

    private record Account(HordeResult<User> user) implements Said {}

    private record Worker(HordeResult<WorkerDetails> worker) implements Said {}

    private record Use(HordeResult<Status.ModelUse> use) implements Said {}

    private record Told(String what) implements Said {}

    /** How often account and worker are looked up. */
    static final Duration REFRESH = Duration.ofMinutes(5);

    private static final Duration STATISTICS_AGAIN = Duration.ofMinutes(10);

    private final Surroundings<M> around;
    private final Function<Said, M> wrap;
    private final InstantSource clock;
    private final Tally tally;
    private DreamerSetup setup;
    private HordeLink horde;
    private Optional<ModelPopularity> popularity = Optional.empty();
    private Optional<Instant> askedForUse = Optional.empty();

    /**
     * Asks about the account and the worker from now on.
     *
     * @param wrap what makes a message to the owner of what is said
     * @param tally keeps what is said of account and worker
     */
    Inquiries(
            Surroundings<M> around,
            Function<Said, M> wrap,
            InstantSource clock,
            Tally tally,
            DreamerSetup setup,
            HordeLink horde) {
        this.around = around;
        this.wrap = wrap;
        this.clock = clock;
        this.tally = tally;
        this.setup = setup;
        this.horde = horde;
        M refresh = wrap.apply(new Refresh());
        around.timers().startTimerWithFixedDelay(refresh, refresh, Duration.ZERO, REFRESH);
        askForUse();
    }

    /** Goes by this from now on. */
    void use(DreamerSetup changed, HordeLink link) {
        setup = changed;
        horde = link;
        askForUse();
    }

    /** How often the Horde used each model, once it has said so. */
    Optional<ModelPopularity> popularity() {
        return popularity;
    }

    /**
     * Hears what was said.
     *
     * @return whether {@link #popularity} is another now
     */
    boolean hear(Said said) {
        switch (said) {
            case Refresh _ -> refresh();
            case Account(var user) -> {
                if (user instanceof HordeResult.Ok<User>(User known)) {
                    tally.account(known.kudos());
                }
            }
            case Worker(var worker) -> {
                if (worker instanceof HordeResult.Ok<WorkerDetails>(WorkerDetails known)) {
                    tally.uncompleted(known.uncompletedJobs());
                }
            }
            case Use(var use) -> {
                return onUse(use);
            }
            case Told(String what) -> around.log().info("{}: {}", worker(), what);
        }
        return false;
    }

    private String worker() {
        return setup.data().workerName();
    }

    private void refresh() {
        around.pipe(
                horde.client().user(),
                (user, failure) -> wrap.apply(
                        failure == null
                                ? new Account(user)
                                : new Told("the account cannot be looked up: " + failure.getMessage())));
        around.pipe(
                horde.client().workerByName(worker()),
                (found, failure) -> wrap.apply(
                        failure == null
                                ? new Worker(found)
                                : new Told("the worker cannot be looked up: " + failure.getMessage())));
    }

    private void askForUse() {
        boolean needed =
                ModelSelection.of(setup.data().models(), setup.reference(), Optional.empty(), Set.of(), _ -> false)
                        .load()
                        .stream()
                        .anyMatch(entry -> entry.remarks().contains(ModelSelection.NOT_YET));
        boolean fresh = askedForUse
                .filter(at -> at.plus(STATISTICS_AGAIN).isAfter(clock.instant()))
                .isPresent();
        if (needed && !fresh) {
            askedForUse = Optional.of(clock.instant());
            around.pipe(
                    horde.client().modelUse(Status.ModelState.KNOWN),
                    (use, failure) -> wrap.apply(
                            failure == null ? new Use(use) : new Told("no statistics: " + failure.getMessage())));
        }
    }

    private boolean onUse(HordeResult<Status.ModelUse> use) {
        return switch (use) {
            case HordeResult.Ok<Status.ModelUse>(Status.ModelUse known) -> {
                popularity = ModelPopularity.of(known).or(() -> Optional.of(new ModelPopularity(Map.of())));
                yield true;
            }
            case HordeResult.Failed<Status.ModelUse>(HordeError error) -> {
                around.log()
                        .warn(
                                "{}: TOP and BOTTOM in models_to_load wait for the Horde's statistics: {}",
                                worker(),
                                error.message());
                askedForUse = Optional.empty();
                yield false;
            }
        };
    }

    /** Asks the Horde to end the worker's maintenance, or to begin it. */
    void maintenance(boolean on) {
        WorkerChange change = WorkerChange.maintenance(on, Optional.of("Drover is being stopped"));
        around.pipe(
                horde.client().workerByName(worker()).thenCompose(found -> switch (found) {
                    case HordeResult.Ok<WorkerDetails>(WorkerDetails known) ->
                        horde.client().change(known.id(), change).thenApply(done -> switch (done) {
                            case HordeResult.Ok<WorkerChange> _ ->
                                on ? "the Horde has it in maintenance now" : "its maintenance is ended";
                            case HordeResult.Failed<WorkerChange>(HordeError error) -> error.message();
                        });
                    case HordeResult.Failed<WorkerDetails>(HordeError error) ->
                        CompletableFuture.completedFuture(error.message());
                }),
                (said, failure) -> wrap.apply(new Told(failure == null ? said : String.valueOf(failure.getMessage()))));
    }
}
