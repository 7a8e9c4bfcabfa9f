package drover.source.dreamer;

import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.horde.GenMetadata;
import drover.horde.GenerationState;
import drover.horde.HordeClient.SubmitPlan;
import drover.horde.HordeError;
import drover.horde.ImageJob;
import drover.horde.ImageSubmit;
import drover.horde.SubmitOutcome;
import drover.horde.UploadOutcome;
import drover.inference.AssetRef;
import drover.inference.ImageRequest;
import drover.inference.Position;
import drover.inference.SafetyResult;
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
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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
 * One job of the Horde, from the pop until the Horde has an answer for each of its pictures. Before anything is done it is
 * in the order book, and each picture's way is noted there, so that another process can go on from wherever this one was
 * killed. A picture is submitted only when its upload has succeeded; what cannot be drawn is faulted at once.
 */
final class DreamerOrder implements Rules<DreamerOrder.Command> {
    /** What an order understands. */
    sealed interface Command {}

    /** Its job's pictures are there: bring them to the Horde. */
    record Answer(Job job) implements Command {}

    /** Nothing will come of it; say so to the Horde. */
    record GiveUp(String why) implements Command {}

    private record Kept() implements Command {}

    private record AcceptReplied(JobLedger.AcceptReply reply) implements Command {}

    private record Prepared(Preparation preparation) implements Command {}

    private record NotPrepared(Throwable cause) implements Command {}

    private record Heard(JobFeed.News news) implements Command {}

    private record Looked(JobLedger.ReadReply<Optional<Job>> reply) implements Command {}

    private record Ignored() implements Command {}

    private record LookForHope() implements Command {}

    private record LookAgain() implements Command {}

    private record Uploaded(int part, UploadOutcome outcome) implements Command {}

    private record NotRead(int part, Throwable cause) implements Command {}

    private record Submitted(int part, ImageSubmit submit, SubmitOutcome outcome) implements Command {}

    private record NotSubmitted(int part, ImageSubmit submit, Throwable cause) implements Command {}

    private record SubmitAgain(int part, ImageSubmit submit) implements Command {}

    /** What the dreamer hears of its orders. */
    sealed interface Word {
        /** The order. */
        Order order();

        /** It is drawn; what is left is the answer. */
        record Drawn(Order order) implements Word {}

        /**
         * It is answered.
         *
         * @param job as it was last seen, if there ever was one
         * @param answered from the last stroke to the last answer, if it was drawn
         */
        record Closed(Order order, Optional<Job> job, Optional<Duration> answered) implements Word {}
    }

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

    /** The server's sweep comes up to a minute after the time is over; until then a late answer is taken, and paid. */
    private static final Duration SWEEP = Duration.ofSeconds(60);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration REFUSED_AGAIN = Duration.ofSeconds(15);

    /** Of the time for the whole job, what is kept for checking, upload and submit. */
    private static final double FOR_ANSWERING = 0.05;

    private static final Duration FOR_ANSWERING_LEAST = Duration.ofSeconds(5);
    static final Fault FAULTED = new Fault("drover:horde.faulted", "The Horde was told that nothing will come.");

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final OrderLinks links;
    private final ImageJob ordered;
    private final KnownModel model;
    private final Optional<Duration> expected;
    /** Whether another process may have answered parts of it. */
    private final boolean recovered;

    private final ActorRef<OrderBook.Kept> kept;
    private final ActorRef<JobFeed.News> news;
    private Order order;
    private Stage stage;
    private List<GenMetadata> remarks = List.of();
    private Optional<Preparation> prepared = Optional.empty();
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
        this.order = order;
        this.ordered = ordered;
        this.model = model;
        this.expected = expected;
        this.recovered = recovered;
        this.kept = around.adapter(OrderBook.Kept.class, _ -> new Kept());
        this.news = around.adapter(JobFeed.News.class, Heard::new);
        Duration until = Duration.between(now(), lookedAt());
        timers.startTimerWithFixedDelay(
                new LookForHope(), new LookForHope(), until.isNegative() ? Duration.ZERO : until, LOOK_EVERY);
        if (recovered) {
            stage = Stage.LOOKING;
            look();
        } else {
            stage = Stage.KEEPING;
            keep();
        }
    }

    @Override
    public boolean hear(Command command) {
        switch (command) {
            case Kept _ -> {
                if (stage == Stage.KEEPING) {
                    prepare();
                } else if (stage == Stage.CLOSING && order.isClosed()) {
                    end();
                    return false;
                }
            }
            case Prepared(Preparation preparation) -> accept(preparation);
            case NotPrepared(Throwable cause) -> fault(why(cause));
            case AcceptReplied(var reply) -> onAcceptReplied(reply);
            case Looked(var reply) -> onLooked(reply);
            case LookAgain _ -> look();
            case Heard(var heard) -> onNews(heard);
            case Answer(Job produced) -> onAnswer(produced);
            case GiveUp(String why) -> giveUp(why);
            case LookForHope _ -> lookForHope();
            case Uploaded(int part, var outcome) -> onUploaded(part, outcome);
            case NotRead(int part, Throwable cause) ->
                submitFault(part, "the picture could not be read: " + cause.getMessage());
            case Submitted submitted -> onSubmitted(submitted);
            case NotSubmitted(int part, ImageSubmit submit, Throwable cause) -> {
                about(around.log().atError()).log("{} could not be submitted; again", order.job(), cause);
                again(part, submit);
            }
            case SubmitAgain(int part, ImageSubmit submit) -> submit(part, submit);
            case Ignored _ -> {}
        }
        return true;
    }

    private Instant now() {
        return links.clock().instant();
    }

    private Instant lookedAt() {
        return order.taken().plusMillis((long) (ordered.ttl().toMillis() * Doom.LOOKED_AT));
    }

    /** When the pictures have to be drawn, so that there is time left to bring them there. */
    private Instant deadline() {
        Duration share = Duration.ofMillis((long) (ordered.ttl().toMillis() * FOR_ANSWERING));
        return order.answerBy().minus(share.compareTo(FOR_ANSWERING_LEAST) > 0 ? share : FOR_ANSWERING_LEAST);
    }

    /** How long it may be prepared. */
    private Duration patience() {
        Duration left = Duration.between(now(), lookedAt());
        return left.isPositive() ? left : Duration.ofSeconds(1);
    }

    private Instant lastCall() {
        return order.answerBy().plus(SWEEP);
    }

    private LoggingEventBuilder about(LoggingEventBuilder line) {
        return line.addKeyValue(LogKeys.JOB, order.job().value());
    }

    private void keep() {
        links.book().tell(new OrderBook.Put(order, kept));
    }

    // From the pop to the ledger

    private void prepare() {
        stage = Stage.PREPARING;
        around.pipe(
                links.preparations()
                        .prepare(order.job(), ordered, model, links.content(), patience(), now(), order.answerBy()),
                (ready, failure) -> failure == null ? new Prepared(ready) : new NotPrepared(failure));
    }

    private static String why(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof Preparations.CannotException
                ? String.valueOf(cause.getMessage())
                : "it could not be prepared: " + cause.getMessage();
    }

    private void accept(Preparation preparation) {
        prepared = Optional.of(preparation);
        if (stage != Stage.PREPARING) {
            return; // It was given up meanwhile.
        }
        stage = Stage.ACCEPTING;
        remarks = preparation.remarks();
        ImageRequest request = preparation.request();
        JobEvent.Accepted accepted = new JobEvent.Accepted(
                order.job(), now(), request, Priority.NORMAL, deadline(), links.tenant(), Optional.of(order.source()));
        links.ledger()
                .tell(new JobLedger.Accept(
                        accepted, Optional.empty(), around.adapter(JobLedger.AcceptReply.class, AcceptReplied::new)));
    }

    private void onAcceptReplied(JobLedger.AcceptReply reply) {
        switch (reply) {
            case JobLedger.AcceptReply.Accepted(Job accepted) -> follow(accepted);
            case JobLedger.AcceptReply.Repeated(Job accepted) -> follow(accepted);
            case JobLedger.AcceptReply.KeyConflict _ -> fault("its job's name is taken");
            case JobLedger.AcceptReply.TooMany tooMany ->
                fault(tooMany.unfinished()
                        + " jobs are on the way already, as many as drover.ledger.max-unfinished allows");
            case JobLedger.AcceptReply.Unavailable unavailable -> fault(unavailable.reason());
        }
    }

    private void follow(Job accepted) {
        job = Optional.of(accepted);
        if (recovered && remarks.isEmpty()) {
            remarks = Preparations.remarks(ordered, accepted.request());
        }
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            cancel(); // It was given up meanwhile.
            return;
        }
        stage = Stage.WORKING;
        links.feed().tell(new JobFeed.Follow(order.job(), Optional.empty(), news));
    }

    // After a restart

    private void look() {
        links.ledger()
                .tell(new JobLedger.Find(
                        order.job(), around.<JobLedger.ReadReply<Optional<Job>>>adapter(readReply(), Looked::new)));
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
        if (now().isBefore(lookedAt())) {
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
            links.dreamer().tell(new Word.Drawn(order));
        }
    }

    private void lookForHope() {
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING || drawn.isPresent()) {
            return;
        }
        Doom.judge(now(), deadline(), job, expected, position).ifPresent(this::giveUp);
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
                .tell(new JobBoard.CancelJob(
                        order.job(), around.adapter(JobBoard.CancelReply.class, _ -> new Ignored())));
    }

    // The answer

    private void onAnswer(Job produced) {
        handedOver = Optional.of(produced);
        job = Optional.of(produced);
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            if (stage == Stage.CLOSING && order.isClosed()) {
                keep(); // Whoever asked hears of it when it is written.
            }
            return;
        }
        stage = Stage.ANSWERING;
        onDrawn(produced);
        for (int part = 0; part < order.parts().size(); part++) {
            if (!order.parts().get(part).isAnswered()) {
                bring(part, produced);
            }
        }
        closeIfAnswered();
    }

    private void bring(int part, Job produced) {
        if (part >= produced.assets().size()) {
            submitFault(
                    part,
                    "only " + produced.assets().size() + " of " + order.parts().size() + " pictures came");
            return;
        }
        if (produced.assets().get(part).safety() == SafetyResult.UNCHECKED) {
            submitFault(part, "nobody has looked at the picture");
            return;
        }
        if (order.parts().get(part).state() == Order.State.UPLOADED) {
            submitPicture(part, new UploadOutcome.Stored(Optional.empty()));
            return;
        }
        AssetRef picture = produced.assets().get(part);
        CompletionStage<UploadOutcome> upload = CompletableFuture.supplyAsync(() -> read(picture), around.blocking())
                .thenCompose(bytes -> links.uploader().upload(ordered.uploads().get(part), bytes, lastCall()));
        around.pipe(
                upload,
                (outcome, failure) -> failure == null ? new Uploaded(part, outcome) : new NotRead(part, failure));
    }

    private byte[] read(AssetRef picture) {
        try (InputStream in = links.assets().open(picture)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private void onUploaded(int part, UploadOutcome outcome) {
        switch (outcome) {
            case UploadOutcome.Stored stored -> {
                order = order.with(part, order.parts().get(part).uploaded());
                keep();
                submitPicture(part, stored);
            }
            case UploadOutcome.Refused(String why) -> submitFault(part, "the upload was refused: " + why);
            case UploadOutcome.Expired(String why) -> submitFault(part, "the upload came too late: " + why);
            case UploadOutcome.OutOfTime(String last) -> submitFault(part, "the upload did not succeed: " + last);
        }
    }

    private void submitPicture(int part, UploadOutcome.Stored stored) {
        AssetRef picture = job.orElseThrow().assets().get(part);
        Judgement judgement = Judgement.of(picture, part, order.parts().size(), remarks);
        submit(
                part,
                ImageSubmit.uploaded(
                        order.parts().get(part).id(), stored, judgement.state(), picture.seed(), judgement.metadata()));
    }

    private void fault(String why) {
        if (stage == Stage.ANSWERING || stage == Stage.CLOSING) {
            return;
        }
        stage = Stage.ANSWERING;
        about(around.log().atWarn()).log("{} is faulted: {}", order.job(), why);
        for (int part = 0; part < order.parts().size(); part++) {
            if (!order.parts().get(part).isAnswered()) {
                submitFault(part, why);
            }
        }
        closeIfAnswered();
    }

    private void submitFault(int part, String why) {
        submit(
                part,
                ImageSubmit.faulted(order.parts().get(part).id(), ordered.seed().orElse(0), why, remarks));
    }

    private void submit(int part, ImageSubmit submit) {
        around.pipe(
                links.client().submit(submit, new SubmitPlan(lastCall(), recovered)),
                (outcome, failure) -> failure == null
                        ? new Submitted(part, submit, outcome)
                        : new NotSubmitted(part, submit, failure));
    }

    private void again(int part, ImageSubmit submit) {
        SubmitAgain later = new SubmitAgain(part, submit);
        timers.startSingleTimer(later, later, REFUSED_AGAIN);
    }

    private void onSubmitted(Submitted submitted) {
        Order.Part part = order.parts().get(submitted.part());
        if (submitted.outcome() instanceof SubmitOutcome.Refused(HordeError error)
                && now().plus(REFUSED_AGAIN).isBefore(lastCall())) {
            // A key or a name can be put right while the job's time lasts.
            about(around.log().atError()).log("{} waits to be answered: {}", part.id(), error.message());
            again(submitted.part(), submitted.submit());
            return;
        }
        Order.Outcome well =
                submitted.submit().state() == GenerationState.FAULTED ? Order.Outcome.FAILED : Order.Outcome.GOOD;
        Order.Part answered = switch (submitted.outcome()) {
            case SubmitOutcome.Accepted(var answer) -> part.answered(well, answer.reward());
            case SubmitOutcome.AcceptedBefore _ -> part.answered(well, 0);
            case SubmitOutcome.Dropped(HordeError.Aborted late) -> notTaken(part, late, Order.Outcome.LATE);
            case SubmitOutcome.Dropped(HordeError gone) -> notTaken(part, gone, Order.Outcome.GONE);
            case SubmitOutcome.Refused(HordeError error) -> notTaken(part, error, Order.Outcome.LATE);
            case SubmitOutcome.OutOfTime(HordeError last) -> notTaken(part, last, Order.Outcome.LATE);
        };
        order = order.with(submitted.part(), answered);
        keep();
        closeIfAnswered();
    }

    private Order.Part notTaken(Order.Part part, HordeError error, Order.Outcome outcome) {
        about(around.log().atWarn()).log("the Horde did not take {}: {}", part.id(), error.message());
        return part.answered(outcome, 0);
    }

    private void closeIfAnswered() {
        if (order.isClosed()) {
            stage = Stage.CLOSING;
            keep();
        }
    }

    /** It is on disk that each picture is answered. */
    private void end() {
        boolean delivered = order.count(Order.Outcome.GOOD) > 0;
        handedOver.ifPresent(produced -> links.delivery()
                .tell(new Delivery.HandedOver(produced.id(), delivered ? Optional.empty() : Optional.of(FAULTED))));
        prepared.ifPresent(links.preparations()::release);
        Optional<Duration> answered = drawn.map(at -> Duration.between(at, now()));
        links.dreamer().tell(new Word.Closed(order, job, answered));
    }
}
