package drover.source.dreamer;

import drover.board.JobBoard;
import drover.board.Supply;
import drover.horde.GenMetadata;
import drover.horde.HordeClient.SubmitPlan;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.horde.ImageSubmit;
import drover.horde.Status;
import drover.horde.User;
import drover.horde.WorkerChange;
import drover.horde.WorkerDetails;
import drover.inference.JobId;
import drover.job.Job;
import drover.ledger.Earning;
import drover.ledger.Order;
import drover.ledger.OrderBook;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import drover.source.appetite.Appetite;
import drover.source.appetite.Decision;
import drover.source.appetite.Load;
import drover.source.models.ModelPopularity;
import drover.source.models.ModelSelection;
import drover.source.models.ReferenceModel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.event.Level;

/**
 * One worker of the Horde: it pops when the board could take a job and the appetite is there, and starts a
 * {@link DreamerOrder} for each job that comes. It says why it does not pop whenever that changes.
 */
final class Dreamer implements Rules<Dreamer.Command> {
    /** What a dreamer understands. */
    sealed interface Command {}

    /** Go by this from now on. */
    record Use(DreamerSetup setup) implements Command {}

    /** An order found in the book: of this worker, or of one that is no more. Safe to repeat. */
    record Recover(Order order) implements Command {}

    /** The pictures of an order are there. */
    record HandOver(Job job) implements Command {}

    /** Asks how it is doing. */
    record GetStatus(ActorRef<DreamerStatus> replyTo) implements Command {}

    /**
     * Take no more jobs.
     *
     * @param announce whether the Horde is to have the worker in maintenance
     */
    record StopPopping(boolean announce) implements Command {}

    /** Fault what is not drawn, bring what is; answered when nothing is left. */
    record Finish(ActorRef<Done> replyTo) implements Command {}

    private record Tick() implements Command {}

    private record SupplyHeard(Supply supply) implements Command {}

    private record Popped(Instant asked, HordeResult<ImagePopAnswer> result) implements Command {}

    private record PopBroke(Throwable cause) implements Command {}

    private record Heard(DreamerOrder.Word word) implements Command {}

    private record OrderLost(JobId job) implements Command {}

    private record Reopened(OrderBook.Found found) implements Command {}

    private record UseLearned(HordeResult<Status.ModelUse> use) implements Command {}

    private record Told(String what) implements Command {}

    private record Summary() implements Command {}

    private record Refresh() implements Command {}

    private record AccountSeen(HordeResult<User> user) implements Command {}

    private record WorkerSeen(HordeResult<WorkerDetails> worker) implements Command {}

    private record BookRead(List<Order> open) implements Command {}

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration STATISTICS_AGAIN = Duration.ofMinutes(10);
    private static final Duration REFRESH = Duration.ofMinutes(5);
    private static final Duration REOPEN = Duration.ofSeconds(5);

    private static final Duration BROKEN_LIMIT = Duration.ofMinutes(2);
    private static final Load NOTHING =
            new Load(0, 0, 0, 0, 0, 0, 0, Tally.ASSUMED_OVERHEAD, false, OptionalLong.empty(), List.of());

    private final ActorContext<Command> context;
    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final DreamerLinks links;
    private final Appetite appetite;
    private final Hand hand = new Hand();
    private final Tally tally;
    private final Map<JobId, ActorRef<DreamerOrder.Command>> orders = new HashMap<>();
    private final List<ActorRef<Done>> finishing = new ArrayList<>();
    private DreamerSetup setup;
    private HordeLink horde;
    private Optional<Offer> offer = Optional.empty();
    private Set<String> onNodes = Set.of();
    private Optional<ModelPopularity> popularity = Optional.empty();
    private Optional<Instant> askedForUse = Optional.empty();
    private Load load = NOTHING;
    private Decision.Why waitsFor = Decision.Why.PACE;
    private Optional<Instant> waitsUntil = Optional.empty();
    private Optional<String> trouble = Optional.empty();
    private boolean popping;
    private boolean stopping;
    private boolean ended;

    /**
     * A worker that begins to pop.
     *
     * @param before what its name has earned so far
     */
    static Behavior<Command> create(DreamerLinks links, DreamerSetup setup, List<Earning> before) {
        return RulesActor.create(
                Dreamer.class, (context, around) -> new Dreamer(context, around, links, setup, before));
    }

    private Dreamer(
            ActorContext<Command> context,
            Surroundings<Command> around,
            DreamerLinks links,
            DreamerSetup setup,
            List<Earning> before) {
        this.context = context;
        this.around = around;
        this.timers = around.timers();
        this.links = links;
        this.setup = setup;
        this.horde = links.connect(setup.data());
        this.appetite =
                new Appetite(setup.data().capacity(), setup.data().habits().exitOnUnhandledFaults(), links.random());
        this.tally = new Tally(
                setup.data().workerName(), links.meters(), links.clock().instant(), before);
        if (setup.data().habits().removeMaintenanceOnInit()) {
            maintenance(false);
        }
        timers.startSingleTimer(new Tick(), Duration.ZERO);
        // Also after a failure of this actor: its orders are in the book.
        links.book().tell(new OrderBook.GetOpen(around.adapter(OrderBook.Open.class, it -> new BookRead(it.orders()))));
        summarise();
        timers.startTimerWithFixedDelay(new Refresh(), new Refresh(), Duration.ZERO, REFRESH);
        statistics();
    }

    private void refresh() {
        around.pipe(
                horde.client().user(),
                (user, failure) -> failure == null
                        ? new AccountSeen(user)
                        : new Told("the account cannot be looked up: " + failure.getMessage()));
        around.pipe(
                horde.client().workerByName(worker()),
                (found, failure) -> failure == null
                        ? new WorkerSeen(found)
                        : new Told("the worker cannot be looked up: " + failure.getMessage()));
    }

    private void summarise() {
        Duration every = setup.data().habits().statsEvery();
        if (every.isZero()) {
            timers.cancel(new Summary());
        } else {
            timers.startTimerWithFixedDelay(new Summary(), new Summary(), every);
        }
    }

    @Override
    public boolean hear(Command command) {
        switch (command) {
            case Use(DreamerSetup changed) -> use(changed);
            case Recover(Order order) -> {
                if (!orders.containsKey(order.job())) {
                    open(order, true);
                }
            }
            case BookRead(List<Order> open) ->
                open.stream()
                        .filter(order -> order.source().equals(worker()) && !orders.containsKey(order.job()))
                        .forEach(order -> open(order, true));
            case HandOver(Job job) -> {
                ActorRef<DreamerOrder.Command> order = orders.get(job.id());
                if (order != null) {
                    order.tell(new DreamerOrder.Answer(job));
                }
            }
            case GetStatus(var replyTo) -> replyTo.tell(status());
            case StopPopping(boolean announce) -> {
                stopping = true;
                if (announce) {
                    maintenance(true);
                }
            }
            case Finish(ActorRef<Done> replyTo) -> {
                stopping = true;
                finishing.add(replyTo);
                orders.values().forEach(order -> order.tell(new DreamerOrder.GiveUp("the worker is being stopped")));
                answerIfFinished();
            }
            case Tick _ -> {
                if (!popping && !stopping && !ended) {
                    links.board().tell(new JobBoard.GetSupply(around.adapter(Supply.class, SupplyHeard::new)));
                }
            }
            case SupplyHeard(Supply supply) -> onSupply(supply);
            case Popped(Instant asked, var result) -> onPopped(asked, result);
            case PopBroke(Throwable cause) -> {
                around.log().error("the Horde could not be asked", cause);
                popping = false;
                tickWithin(LONGEST_PAUSE);
            }
            case Heard(var word) -> onWord(word);
            case OrderLost(JobId job) -> {
                if (orders.remove(job) != null) {
                    around.log().error("the order {} has failed; it is opened again", job);
                    hand.gone(job);
                    OrderBook.Find find = new OrderBook.Find(job, around.adapter(OrderBook.Found.class, Reopened::new));
                    context.scheduleOnce(REOPEN, links.book(), find);
                }
            }
            case Reopened(var found) ->
                found.order().filter(order -> !order.isClosed()).ifPresent(order -> open(order, true));
            case UseLearned(var use) -> onUse(use);
            case Refresh _ -> refresh();
            case AccountSeen(var user) -> {
                if (user instanceof HordeResult.Ok<User>(User known)) {
                    tally.account(known.kudos());
                }
            }
            case WorkerSeen(var worker) -> {
                if (worker instanceof HordeResult.Ok<WorkerDetails>(WorkerDetails known)) {
                    tally.uncompleted(known.uncompletedJobs());
                }
            }
            case Summary _ -> {
                around.log().info("{}", tally.line(worker(), hand, inMaintenance(), now()));
                around.log().debug("pending work: {}", hand.figures());
            }
            case Told(String what) -> around.log().info("{}: {}", worker(), what);
        }
        return true;
    }

    private String worker() {
        return setup.data().workerName();
    }

    private Instant now() {
        return links.clock().instant();
    }

    private void tickWithin(Duration pause) {
        Duration wait = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        timers.startSingleTimer(new Tick(), wait.isNegative() ? Duration.ZERO : wait);
    }

    private void use(DreamerSetup changed) {
        boolean elsewhere = !changed.data().hordeUrl().equals(setup.data().hordeUrl())
                || !changed.data().apiKey().equals(setup.data().apiKey())
                || !changed.data().workerName().equals(setup.data().workerName());
        setup = changed;
        if (elsewhere) {
            horde = links.connect(changed.data());
        }
        offer = Optional.empty();
        ended = false;
        summarise();
        appetite.reconfigured(changed.data().capacity(), changed.data().habits().exitOnUnhandledFaults());
        statistics();
        tickWithin(Duration.ZERO);
    }

    // Popping

    private void onSupply(Supply supply) {
        if (popping || stopping || ended) {
            return;
        }
        Instant now = now();
        Offer present = look(supply);
        load = present.load(
                supply, hand, setup.reference(), setup.data().models().custom(), tally.overhead());
        switch (appetite.decide(now, load)) {
            case Decision.Pop pop -> pop(now, pop);
            case Decision.Wait(Instant until, Decision.Why why) -> {
                waitsUntil = until.equals(Instant.MAX) ? Optional.empty() : Optional.of(until);
                explain(why);
                Duration left = until.isAfter(now.plus(LONGEST_PAUSE)) ? LONGEST_PAUSE : Duration.between(now, until);
                tickWithin(left);
            }
            case Decision.End _ -> {
                ended = true;
                around.log()
                        .error(
                                "{} takes no more jobs: {} failed in a row, and exit_on_unhandled_faults is set. Find the"
                                        + " cause, then save its bridgeData.yaml or start Drover anew.",
                                worker(),
                                Appetite.FAILURES);
            }
        }
    }

    private Offer look(Supply supply) {
        Set<String> there = Offer.models(supply);
        if (offer.isPresent() && there.equals(onNodes)) {
            return offer.get();
        }
        Offer fresh = Offer.of(setup.data().models(), setup.reference(), popularity, there);
        if (offer.isEmpty() || !fresh.equals(offer.get())) {
            around.log().info("{} offers {}", worker(), fresh.selection().ready());
            if (!fresh.selection().missing().isEmpty()) {
                around.log()
                        .info("{}: no node has {}", worker(), fresh.selection().missing());
            }
        }
        onNodes = there;
        offer = Optional.of(fresh);
        return fresh;
    }

    private void explain(Decision.Why why) {
        if (why != Decision.Why.PACE && why != waitsFor) {
            // That its hands are full is how it should be, and changes with every job.
            boolean usual = why == Decision.Why.FULL || why == Decision.Why.BEHIND;
            around.log()
                    .atLevel(usual ? Level.DEBUG : Level.INFO)
                    .log("{} takes no job now: {}", worker(), why.sentence());
        }
        if (why != Decision.Why.PACE) {
            waitsFor = why;
        }
    }

    private void pop(Instant now, Decision.Pop decision) {
        popping = true;
        waitsFor = Decision.Why.PACE;
        int threads = Math.min(setup.data().capacity().threads(), load.slots());
        around.pipe(
                horde.client().pop(Wishes.pop(setup.data(), links.agent(), links.able(), decision, threads)),
                (result, failure) -> failure == null ? new Popped(now, result) : new PopBroke(failure));
    }

    private void onPopped(Instant asked, HordeResult<ImagePopAnswer> result) {
        popping = false;
        Instant now = now();
        switch (result) {
            case HordeResult.Ok<ImagePopAnswer>(ImagePopAnswer answer) -> {
                trouble.ifPresent(_ -> around.log().info("{}: the Horde answers again", worker()));
                trouble = Optional.empty();
                show(answer);
                onAnswer(asked, now, answer);
            }
            case HordeResult.Failed<ImagePopAnswer>(HordeError error) -> {
                tally.popFailed();
                appetite.popFailed(now, PopFailures.of(error));
                if (trouble.isEmpty() || !trouble.get().equals(error.message())) {
                    around.log().warn("{}: {}", worker(), error.message());
                }
                trouble = Optional.of(error.message());
            }
        }
        tickWithin(Duration.ZERO);
    }

    private void show(ImagePopAnswer answer) {
        tally.messages(answer.messages(), now())
                .forEach(message -> around.log()
                        .warn(
                                "{}: a message from {}: {}",
                                worker(),
                                message.origin().orElse("the Horde"),
                                message.message()));
    }

    private void onAnswer(Instant asked, Instant now, ImagePopAnswer answer) {
        switch (answer.job()) {
            case ImagePopAnswer.Nothing _ -> {
                appetite.popped(now, false);
                tally.popped(now, false, answer.skipped());
                tally.idleTooLong(now, setup.data().habits().idleWarning())
                        .ifPresent(warning -> around.log().warn("{}: {}", worker(), warning));
            }
            case ImagePopAnswer.Job(ImageJob job) -> {
                appetite.popped(now, true);
                tally.popped(now, true, Optional.empty());
                open(Papers.of(links.ids().get(), worker(), asked, answer, job), false);
            }
            case ImagePopAnswer.Broken(List<String> ids, String why) -> {
                appetite.popped(now, true);
                around.log().error("{}: {}", worker(), why);
                appetite.ended(now, 0, ids.size());
                ids.forEach(id -> horde.client()
                        .submit(
                                ImageSubmit.faulted(id, 0, why, List.<GenMetadata>of()),
                                new SubmitPlan(now.plus(BROKEN_LIMIT), false)));
            }
        }
    }

    // Orders

    private void open(Order order, boolean recovered) {
        ImageJob job;
        try {
            job = Papers.job(order);
        } catch (IllegalStateException e) {
            around.log().error("an order cannot be answered", e);
            return;
        }
        String model = offer.map(known -> known.spelled(job.model())).orElse(job.model());
        hand.take(order, job, model);
        OrderLinks with = new OrderLinks(
                links.book(),
                links.ledger(),
                links.board(),
                links.feed(),
                links.delivery(),
                links.assets(),
                horde.client(),
                horde.uploader(),
                links.preparations(),
                setup.data().content(),
                links.tenant(),
                links.clock(),
                around.adapter(DreamerOrder.Word.class, Heard::new));
        Optional<Duration> expected = expected(job);
        KnownModel known = new KnownModel(
                model,
                Offer.baseline(
                        job.model(), setup.reference(), setup.data().models().custom()),
                setup.reference()
                        .flatMap(reference -> reference.find(job.model()))
                        .filter(ReferenceModel::inpainting)
                        .isPresent());
        ActorRef<DreamerOrder.Command> child = context.spawn(
                RulesActor.create(
                        DreamerOrder.class, a -> new DreamerOrder(a, with, order, job, known, expected, recovered)),
                "order-" + order.job().value() + "-" + links.ids().get().value());
        context.watchWith(child, new OrderLost(order.job()));
        orders.put(order.job(), child);
        if (!finishing.isEmpty()) {
            child.tell(new DreamerOrder.GiveUp("the worker is being stopped"));
        }
    }

    private Optional<Duration> expected(ImageJob job) {
        return load.models().stream()
                .filter(it -> it.name().equals(job.model()) && it.speed().isPresent())
                .findFirst()
                .map(it -> {
                    var shape = Hand.shape(job);
                    double steps = (double) shape.width() * shape.height() * shape.steps() * shape.pictures();
                    return tally.overhead()
                            .plusMillis((long) (steps / it.speed().getAsDouble() * 1000));
                });
    }

    private void onWord(DreamerOrder.Word word) {
        JobId job = word.order().job();
        switch (word) {
            case DreamerOrder.Word.Drawn _ -> hand.drawn(job);
            case DreamerOrder.Word.Closed closed -> {
                orders.remove(job);
                hand.gone(job);
                Order order = closed.order();
                int failed = order.count(Order.Outcome.FAILED) + order.count(Order.Outcome.LATE);
                appetite.ended(now(), order.count(Order.Outcome.GOOD), failed);
                tally.closed(now(), order, closed.job(), closed.answered());
                answerIfFinished();
            }
        }
        tickWithin(Duration.ZERO);
    }

    private void answerIfFinished() {
        if (orders.isEmpty()) {
            finishing.forEach(asker -> asker.tell(Done.getInstance()));
            finishing.clear();
        }
    }

    // What the Horde is asked beside jobs

    private void statistics() {
        boolean needed =
                ModelSelection.of(setup.data().models(), setup.reference(), Optional.empty(), Set.of(), _ -> false)
                        .load()
                        .stream()
                        .anyMatch(entry -> entry.remarks().contains(ModelSelection.NOT_YET));
        boolean fresh = askedForUse
                .filter(at -> at.plus(STATISTICS_AGAIN).isAfter(now()))
                .isPresent();
        if (needed && !fresh) {
            askedForUse = Optional.of(now());
            around.pipe(
                    horde.client().modelUse(Status.ModelState.KNOWN),
                    (use, failure) ->
                            failure == null ? new UseLearned(use) : new Told("no statistics: " + failure.getMessage()));
        }
    }

    private void onUse(HordeResult<Status.ModelUse> use) {
        switch (use) {
            case HordeResult.Ok<Status.ModelUse>(Status.ModelUse known) -> {
                popularity = ModelPopularity.of(known).or(() -> Optional.of(new ModelPopularity(Map.of())));
                offer = Optional.empty();
                tickWithin(Duration.ZERO);
            }
            case HordeResult.Failed<Status.ModelUse>(HordeError error) -> {
                around.log()
                        .warn(
                                "{}: TOP and BOTTOM in models_to_load wait for the Horde's statistics: {}",
                                worker(),
                                error.message());
                askedForUse = Optional.empty();
            }
        }
    }

    /** Asks the Horde to end the worker's maintenance, or to begin it. */
    private void maintenance(boolean on) {
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
                (said, failure) -> new Told(failure == null ? said : String.valueOf(failure.getMessage())));
    }

    private Optional<String> inMaintenance() {
        return waitsFor == Decision.Why.MAINTENANCE ? trouble.or(() -> Optional.of("")) : Optional.empty();
    }

    private DreamerStatus status() {
        Instant now = now();
        String state = ended || stopping ? "ended" : popping ? "popping" : "waiting";
        Optional<String> why = waitsFor == Decision.Why.PACE ? Optional.empty() : Optional.of(waitsFor.sentence());
        Set<String> models =
                new TreeSet<>(offer.map(known -> known.selection().ready()).orElse(List.of()));
        return tally.status(new Tally.Present(
                worker(),
                state,
                why,
                waitsUntil,
                List.copyOf(models),
                offer.map(known -> known.selection().missing()).orElse(List.of()),
                hand.orders(),
                hand.ids(),
                hand.pending(),
                appetite.failuresOfTheHour(now),
                trouble,
                now));
    }
}
