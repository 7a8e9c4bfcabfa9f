package drover.source.dreamer;

import drover.board.JobBoard;
import drover.board.Supply;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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

    private record Popped(Asked asked, HordeResult<ImagePopAnswer> result) implements Command {}

    private record PopBroke(Throwable cause) implements Command {}

    private record Heard(OrderWord word) implements Command {}

    /** The actor of an order is gone. */
    record OrderLost(JobId job) implements Command {}

    private record Reopened(OrderBook.Found found) implements Command {}

    private record Learned(Inquiries.Said said) implements Command {}

    private record Summary() implements Command {}

    private record BookRead(List<Order> open) implements Command {}

    /**
     * A pop that was made.
     *
     * @param models what it offered
     */
    private record Asked(Instant at, List<String> models) {}

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    /** How long the Horde is told that nothing comes of a job, until that is of no use any more. */
    private static final Duration REFUSAL_LIMIT = Duration.ofMinutes(1);

    private static final Load NOTHING = Load.nothing(Tally.ASSUMED_OVERHEAD);

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final DreamerLinks links;
    private final Appetite appetite;
    private final Tally tally;
    private final OpenOrders orders;
    private final Inquiries<Command> inquiries;
    private final OfferView offers;
    private DreamerSetup setup;
    private HordeLink horde;
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
        this.around = around;
        this.timers = around.timers();
        this.links = links;
        this.setup = setup;
        this.horde = links.connect(setup.data());
        this.appetite =
                new Appetite(setup.data().capacity(), setup.data().habits().exitOnUnhandledFaults(), links.random());
        this.tally = new Tally(
                setup.data().workerName(), links.meters(), links.clock().instant(), before);
        this.offers = new OfferView(around.log());
        this.orders = new OpenOrders(context, links, around.adapter(OrderBook.Found.class, Reopened::new));
        this.inquiries = new Inquiries<>(around, Learned::new, links.clock(), tally, setup, horde);
        if (setup.data().habits().removeMaintenanceOnInit()) {
            inquiries.maintenance(false);
        }
        timers.startSingleTimer(new Tick(), Duration.ZERO);
        // Also after a failure of this actor: its orders are in the book.
        links.book().tell(new OrderBook.GetOpen(around.adapter(OrderBook.Open.class, it -> new BookRead(it.orders()))));
        summarise();
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
                if (!orders.has(order.job())) {
                    reopen(order);
                }
            }
            case BookRead(List<Order> open) ->
                open.stream()
                        .filter(order -> order.source().equals(worker()) && !orders.has(order.job()))
                        .forEach(this::reopen);
            case HandOver(Job job) -> orders.handOver(job);
            case GetStatus(var replyTo) -> replyTo.tell(status());
            case StopPopping(boolean announce) -> {
                stopping = true;
                if (announce) {
                    inquiries.maintenance(true);
                }
            }
            case Finish(ActorRef<Done> replyTo) -> {
                stopping = true;
                orders.finish(replyTo);
            }
            case Tick _ -> {
                if (!popping && !stopping && !ended) {
                    links.board().tell(new JobBoard.GetSupply(around.adapter(Supply.class, SupplyHeard::new)));
                }
            }
            case SupplyHeard(Supply supply) -> onSupply(supply);
            case Popped(Asked asked, var result) -> onPopped(asked, result);
            case PopBroke(Throwable cause) -> {
                around.log().error("the Horde could not be asked", cause);
                popping = false;
                tickWithin(LONGEST_PAUSE);
            }
            case Heard(var word) -> onWord(word);
            case OrderLost(JobId job) -> orders.gone(job);
            case Reopened(var found) ->
                found.order().filter(order -> !order.isClosed()).ifPresent(this::reopen);
            case Learned(var said) -> {
                if (inquiries.hear(said)) {
                    offers.forget();
                    tickWithin(Duration.ZERO);
                }
            }
            case Summary _ -> {
                around.log().info("{}", tally.line(worker(), orders.hand(), inMaintenance(), now()));
                around.log().debug("pending work: {}", orders.hand().figures());
            }
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
        offers.forget();
        ended = false;
        summarise();
        appetite.reconfigured(changed.data().capacity(), changed.data().habits().exitOnUnhandledFaults());
        inquiries.use(setup, horde);
        tickWithin(Duration.ZERO);
    }

    // Popping

    private void onSupply(Supply supply) {
        if (popping || stopping || ended) {
            return;
        }
        Instant now = now();
        Offer present = offers.look(supply, setup, inquiries.popularity());
        load = present.load(
                supply, orders.hand(), setup.reference(), setup.data().models().custom(), tally);
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
        Asked asked = new Asked(now, decision.models());
        around.pipe(
                horde.client().pop(Wishes.pop(setup.data(), links.agent(), setup.able(), decision, threads)),
                (result, failure) -> failure == null ? new Popped(asked, result) : new PopBroke(failure));
    }

    private void onPopped(Asked asked, HordeResult<ImagePopAnswer> result) {
        popping = false;
        Instant now = now();
        switch (result) {
            case HordeResult.Ok<ImagePopAnswer>(ImagePopAnswer answer) -> {
                trouble.ifPresent(_ -> around.log().info("{}: the Horde answers again", worker()));
                trouble = Optional.empty();
                show(answer);
                onAnswer(asked, now, answer);
                if (answer.job() instanceof ImagePopAnswer.Nothing) {
                    // There is nothing to decide before that.
                    waitsUntil = Optional.of(appetite.restsUntil());
                    tickWithin(Duration.between(now, appetite.restsUntil()));
                    return;
                }
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

    private void onAnswer(Asked asked, Instant now, ImagePopAnswer answer) {
        switch (Reception.of(answer, asked.models(), orders.ids())) {
            case Reception.Nothing _ -> {
                appetite.popped(now, false);
                tally.popped(now, false, answer.skipped());
                tally.idleTooLong(now, setup.data().habits().idleWarning())
                        .ifPresent(warning -> around.log().warn("{}: {}", worker(), warning));
            }
            case Reception.Take(ImageJob job) -> {
                appetite.popped(now, true);
                tally.popped(now, true, Optional.empty());
                open(Papers.of(links.ids().get(), worker(), asked.at(), answer, job), new Papers.Work(job), false);
            }
            case Reception.Refuse(List<String> ids, String why) -> {
                appetite.popped(now, true);
                tally.popped(now, true, Optional.empty());
                around.log().error("{}: {} pictures of a job are faulted at once: {}", worker(), ids.size(), why);
                if (!ids.isEmpty()) {
                    Order order = Papers.refused(links.ids().get(), worker(), now, REFUSAL_LIMIT, ids, why);
                    open(order, new Papers.Refused(why), false);
                }
            }
        }
    }

    // Orders

    /** Goes on with an order that was found in the book. */
    private void reopen(Order order) {
        Papers.Paper paper;
        try {
            paper = Papers.read(order);
        } catch (IllegalStateException e) {
            around.log().error("an order cannot be answered", e);
            return;
        }
        open(order, paper, true);
    }

    private void open(Order order, Papers.Paper paper, boolean recovered) {
        OrderLinks with = OrderLinks.of(links, horde, setup, around.adapter(OrderWord.class, Heard::new));
        switch (paper) {
            case Papers.Work(ImageJob job) -> {
                KnownModel model = KnownModel.of(job.model(), setup, offers.last());
                Optional<Duration> expected = load.expected(job.model(), Hand.pixelSteps(Hand.shape(job)));
                orders.open(order, new OpenOrders.Brief(job, model, expected), with, recovered);
            }
            case Papers.Refused(String why) -> orders.refuse(order, why, with, recovered);
        }
    }

    private void onWord(OrderWord word) {
        JobId job = word.order().job();
        switch (word) {
            case OrderWord.Drawn _ -> orders.drawn(job);
            case OrderWord.Closed closed -> {
                Order order = closed.order();
                int failed = order.count(Order.Outcome.FAILED) + order.count(Order.Outcome.LATE);
                appetite.ended(now(), order.count(Order.Outcome.GOOD), failed);
                tally.closed(now(), order, closed.job(), closed.answered());
                tally.pace(now(), order, closed.job(), setup.data().habits().suppressSpeedWarnings())
                        .ifPresent(said -> around.log().warn("{}: {}", worker(), said));
                orders.closed(order);
            }
        }
        tickWithin(Duration.ZERO);
    }

    private Optional<String> inMaintenance() {
        return waitsFor == Decision.Why.MAINTENANCE ? trouble.or(() -> Optional.of("")) : Optional.empty();
    }

    private DreamerStatus status() {
        Instant now = now();
        String state = ended || stopping ? "ended" : popping ? "popping" : "waiting";
        Optional<String> why = waitsFor == Decision.Why.PACE ? Optional.empty() : Optional.of(waitsFor.sentence());
        Set<String> models = new TreeSet<>(
                offers.last().map(known -> known.selection().ready()).orElse(List.of()));
        return tally.status(new Tally.Present(
                worker(),
                state,
                why,
                waitsUntil,
                List.copyOf(models),
                offers.last().map(known -> known.selection().missing()).orElse(List.of()),
                orders.hand().orders(),
                orders.hand().ids(),
                orders.hand().pending(),
                appetite.failuresOfTheHour(now),
                trouble,
                now));
    }
}
