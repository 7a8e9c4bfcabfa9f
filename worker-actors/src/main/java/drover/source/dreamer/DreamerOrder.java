package drover.source.dreamer;

import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.horde.GenMetadata;
import drover.horde.ImageJob;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.Fault;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.ledger.JobLedger;
import drover.ledger.Order;
import drover.ledger.OrderBook;
import drover.logging.LogKeys;
import drover.rules.Rules;
import drover.rules.Surroundings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One job of the Horde, from the pop until the Horde has an answer for each of its pictures. Before anything is fetched or
 * drawn for it it is in the order book, and each picture's way is noted there, so that another process can go on from
 * wherever this one was killed. An order that needs nothing fetched gets into the book together with its job, so that a
 * job waits for the disk once. A picture is submitted only when its upload has succeeded; what cannot be drawn is faulted
 * at once.
 */
final class DreamerOrder implements Rules<DreamerOrder.Command> {
    /** What an order understands. */
    sealed interface Command {}

    /** Its job's pictures are there: bring them to the Horde. */
    record Answer(Job job) implements Command {}

    /** Nothing will come of it; say so to the Horde. */
    record GiveUp(String why) implements Command {}

    private record Kept() implements Command {}

    private record AcceptAgain() implements Command {}

    private record AcceptReplied(JobLedger.AcceptReply reply) implements Command {}

    private record Prepared(Preparation preparation) implements Command {}

    private record NotPrepared(Throwable cause) implements Command {}

    private record Heard(JobFeed.News news) implements Command {}

    private record Looked(JobLedger.ReadReply<Optional<Job>> reply) implements Command {}

    private record Ignored() implements Command {}

    private record LookForHope() implements Command {}

    private record LookAgain() implements Command {}

    private record Stepped(OrderAnswers.Step step) implements Command {}

    /** How far it is. */
    private enum Stage {
        KEEPING,
        LOOKING,
        PREPARING,
        ACCEPTING,
        WORKING,
        ANSWERING,
        CLOSING
    }

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    static final Fault FAULTED = new Fault("drover:horde.faulted", "The Horde was told that nothing will come.");

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final OrderLinks links;
    private final ImageJob ordered;
    private final KnownModel model;
    private final Optional<Duration> expected;
    /** Whether another process may have answered parts of it. */
    private final boolean recovered;

    private final ActorRef<JobFeed.News> news;
    private final OrderAnswers<Command> answers;
    private final OrderTimes times;
    private Stage stage;
    private List<GenMetadata> remarks = List.of();
    private Optional<CompletionStage<Preparation>> preparing = Optional.empty();
    private Optional<ImageRequest> request = Optional.empty();
    /** Whether it is known to be in the book, in whatever state. */
    private boolean inBook;

    private Optional<Job> job = Optional.empty();
    private Optional<Position> position = Optional.empty();
    private Optional<Job> handedOver = Optional.empty();
    private Optional<Instant> drawn = Optional.empty();
    private Optional<String> hopeless = Optional.empty();

    /**
     * An order.
     *
     * @param order as it stands in the book, or is to
     * @param ordered what it says
     * @param model its model
     * @param expected how long such a job takes, if that is known
     * @param recovered whether it was found in the book
     */
    DreamerOrder(
            Surroundings<Command> around,
            OrderLinks links,
            Order order,
            ImageJob ordered,
            KnownModel model,
            Optional<Duration> expected,
            boolean recovered) {
        this.around = around;
        this.timers = around.timers();
        this.links = links;
        this.ordered = ordered;
        this.model = model;
        this.expected = expected;
        this.recovered = recovered;
        this.news = around.adapter(JobFeed.News.class, Heard::new);
        this.times = OrderTimes.of(order, ordered);
        this.answers = new OrderAnswers<>(
                around,
                Stepped::new,
                links,
                order,
                OrderAnswers.Destination.of(ordered),
                recovered,
                around.adapter(OrderBook.Kept.class, _ -> new Kept()));
        Duration until = Duration.between(now(), times.lookedAt());
        timers.startTimerWithFixedDelay(
                new LookForHope(), new LookForHope(), until.isNegative() ? Duration.ZERO : until, LOOK_EVERY);
        this.inBook = recovered;
        if (recovered) {
            stage = Stage.LOOKING;
            look();
        } else if (Preparations.isInstant(ordered, model)) {
            stage = Stage.PREPARING;
            links.book().tell(new OrderBook.Coming(order));
            prepare();
        } else {
            stage = Stage.KEEPING;
            answers.keep();
        }
    }

    @Override
    public boolean hear(Command command) {
        switch (command) {
            case Kept _ -> {
                inBook = true;
                answers.kept();
                if (stage == Stage.KEEPING) {
                    prepare();
                } else if (stage == Stage.CLOSING && answers.isDone()) {
                    end();
                    return false;
                }
            }
            case Prepared(Preparation preparation) -> onPrepared(preparation);
            case AcceptAgain _ -> {
                if (stage == Stage.ACCEPTING) {
                    accept();
                }
            }
            case NotPrepared(Throwable cause) -> fault(why(cause));
            case AcceptReplied(var reply) -> onAcceptReplied(reply);
            case Looked(var reply) -> onLooked(reply);
            case LookAgain _ -> look();
            case Heard(var heard) -> onNews(heard);
            case Answer(Job produced) -> onAnswer(produced);
            case GiveUp(String why) -> giveUp(why);
            case LookForHope _ -> lookForHope();
            case Stepped(var step) -> {
                answers.hear(step);
                closeIfAnswered();
            }
            case Ignored _ -> {}
        }
        return true;
    }

    private Instant now() {
        return links.clock().instant();
    }

    private LoggingEventBuilder about(LoggingEventBuilder line) {
        return line.addKeyValue(LogKeys.JOB, id().value());
    }

    private JobId id() {
        return answers.order().job();
    }

    // From the pop to the ledger

    private void prepare() {
        Optional<String> impossible = Extras.impossible(ordered, model, links.skills());
        if (impossible.isPresent()) {
            fault(impossible.get());
            return;
        }
        stage = Stage.PREPARING;
        // Also what goes wrong before there is a future to wait for is an answer, and not the end of this actor.
        CompletionStage<Preparation> begun = CompletableFuture.completedFuture(links.preparations())
                .thenCompose(here -> here.prepare(
                        id(), ordered, model, links.content(), times.patience(now()), now(), times.answerBy()));
        preparing = Optional.of(begun);
        around.pipe(
                begun.thenApply(ready -> Extras.onto(ready, ordered, links.skills())),
                (ready, failure) -> failure == null ? new Prepared(ready) : new NotPrepared(failure));
    }

    private static String why(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof Preparations.CannotException
                ? String.valueOf(cause.getMessage())
                : "it could not be prepared: " + cause.getMessage();
    }

    private void onPrepared(Preparation preparation) {
        if (stage != Stage.PREPARING) {
            return; // It was given up meanwhile.
        }
        stage = Stage.ACCEPTING;
        remarks = preparation.remarks();
        request = Optional.of(preparation.request());
        accept();
    }

    private void accept() {
        JobEvent.Accepted accepted = new JobEvent.Accepted(
                id(),
                now(),
                request.orElseThrow(),
                Priority.NORMAL,
                times.deadline(),
                links.tenant(),
                Optional.of(answers.order().source()));
        links.ledger()
                .tell(new JobLedger.AcceptOrder(
                        accepted, answers.order(), around.adapter(JobLedger.AcceptReply.class, AcceptReplied::new)));
    }

    private void onAcceptReplied(JobLedger.AcceptReply reply) {
        switch (reply) {
            case JobLedger.AcceptReply.Accepted(Job accepted) -> onAccepted(accepted);
            case JobLedger.AcceptReply.Repeated(Job accepted) -> onAccepted(accepted);
            case JobLedger.AcceptReply.KeyConflict _ -> fault("its job's name is taken");
            case JobLedger.AcceptReply.TooMany tooMany ->
                fault(tooMany.unfinished()
                        + " jobs are on the way already, as many as drover.ledger.max-unfinished allows");
            case JobLedger.AcceptReply.Unavailable(var _, Duration retryAfter) -> {
                // Its time is looked after elsewhere; until that is over the database may be back.
                if (!inBook) {
                    answers.keep();
                }
                timers.startSingleTimer(new AcceptAgain(), retryAfter);
            }
        }
    }

    private void onAccepted(Job accepted) {
        inBook = true;
        links.book().tell(new OrderBook.Begun(id()));
        follow(accepted);
    }

    private void follow(Job accepted) {
        job = Optional.of(accepted);
        if (recovered && preparing.isEmpty()) {
            links.preparations().keep(accepted.request(), times.answerBy());
        }
        if (recovered && remarks.isEmpty()) {
            remarks = Preparations.remarks(ordered, accepted.request());
        }
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            cancel(); // It was given up meanwhile.
            return;
        }
        stage = Stage.WORKING;
        links.feed().tell(new JobFeed.Follow(id(), Optional.empty(), news));
    }

    // After a restart

    private void look() {
        links.ledger()
                .tell(new JobLedger.Find(
                        id(), around.<JobLedger.ReadReply<Optional<Job>>>adapter(readReply(), Looked::new)));
    }

    @SuppressWarnings("unchecked")
    private static Class<JobLedger.ReadReply<Optional<Job>>> readReply() {
        return (Class<JobLedger.ReadReply<Optional<Job>>>) (Class<?>) JobLedger.ReadReply.class;
    }

    private void onLooked(JobLedger.ReadReply<Optional<Job>> reply) {
        switch (reply) {
            case JobLedger.ReadReply.Unavailable<Optional<Job>> _ ->
                timers.startSingleTimer(new LookAgain(), LOOK_EVERY);
            case JobLedger.ReadReply.Found<Optional<Job>>(Optional<Job> found) -> {
                if (stage != Stage.LOOKING && stage != Stage.WORKING) {
                    return;
                }
                if (found.isEmpty()) {
                    resume();
                } else if (found.get().state().isTerminal()) {
                    onJob(found.get());
                } else {
                    follow(found.get());
                }
            }
        }
    }

    /** The process before was killed before it had made a job of it. */
    private void resume() {
        if (now().isBefore(times.lookedAt())) {
            prepare();
        } else {
            fault("the worker was started anew, and there is no time left to begin");
        }
    }

    // While it is drawn

    private void onNews(JobFeed.News heard) {
        switch (heard) {
            case JobFeed.News.State(var _, Job changed) -> onJob(changed);
            case JobFeed.News.Progress(var _, var _, Position reached) -> position = Optional.of(reached);
            case JobFeed.News.Unknown _ -> timers.startSingleTimer(new LookAgain(), LOOK_EVERY);
        }
    }

    private void onJob(Job changed) {
        if (handedOver.isPresent()) {
            return; // What the feed still says is older: the pictures came another way.
        }
        job = Optional.of(changed);
        if (changed.state() == JobState.QUEUED) {
            position = Optional.empty();
        }
        if (changed.state() == JobState.PRODUCED) {
            onDrawn(changed);
        }
        if (stage == Stage.ANSWERING
                || stage == Stage.CLOSING
                || !changed.state().isTerminal()) {
            return;
        }
        switch (changed.state()) {
            case DELIVERED -> fault("its pictures were delivered elsewhere"); // Closed before; only a repeated word.
            case FAULTED, EXPIRED -> fault(changed.fault().map(Fault::detail).orElse("nothing came of it"));
            case CANCELLED -> fault(hopeless.orElse("an operator has cancelled it"));
            case CENSORED -> fault("its pictures were withheld");
            case QUEUED, ASSIGNED, RUNNING, PRODUCED -> {}
        }
    }

    private void onDrawn(Job produced) {
        if (drawn.isEmpty()) {
            drawn = Optional.of(produced.changed());
            links.dreamer().tell(new OrderWord.Drawn(answers.order()));
        }
    }

    private void lookForHope() {
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING || drawn.isPresent()) {
            return;
        }
        if (stage == Stage.LOOKING && now().isBefore(times.deadline())) {
            return; // It may be drawn already; the ledger is about to say.
        }
        Doom.judge(now(), times.deadline(), job, expected, position).ifPresent(this::giveUp);
    }

    private void giveUp(String why) {
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            return;
        }
        hopeless = Optional.of(why);
        fault(why);
        cancel();
    }

    private void cancel() {
        links.board()
                .tell(new JobBoard.CancelJob(id(), around.adapter(JobBoard.CancelReply.class, _ -> new Ignored())));
    }

    // The answer

    private void onAnswer(Job produced) {
        handedOver = Optional.of(produced);
        job = Optional.of(produced);
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            return; // Whoever asked hears of it when the answers are written.
        }
        stage = Stage.ANSWERING;
        onDrawn(produced);
        answers.bring(produced, remarks);
        closeIfAnswered();
    }

    private void fault(String why) {
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            return;
        }
        stage = Stage.ANSWERING;
        about(around.log().atWarn()).log("{} is faulted: {}", id(), why);
        if (!inBook) {
            answers.keep();
        }
        answers.fault(why, remarks);
        closeIfAnswered();
    }

    private void closeIfAnswered() {
        if (answers.order().isClosed()) {
            stage = Stage.CLOSING; // It is over when the book has it.
        }
    }

    /** It is on disk that each picture is answered. */
    private void end() {
        boolean delivered = answers.order().count(Order.Outcome.GOOD) > 0;
        handedOver.ifPresent(produced -> links.delivery()
                .tell(new Delivery.HandedOver(produced.id(), delivered ? Optional.empty() : Optional.of(FAULTED))));
        // Also what comes when nobody waits for it any more.
        preparing.ifPresent(stage -> stage.thenAccept(links.preparations()::release));
        Optional<Duration> answered = drawn.map(at -> Duration.between(at, now()));
        links.dreamer().tell(new OrderWord.Closed(answers.order(), job, answered));
    }
}
