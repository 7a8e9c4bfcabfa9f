package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.horde.GenerationState;
import drover.horde.HordeClient.SubmitPlan;
import drover.horde.HordeError;
import drover.horde.ImageJob;
import drover.horde.ImageSubmit;
import drover.horde.PresignedUrl;
import drover.horde.SubmitOutcome;
import drover.horde.UploadOutcome;
import drover.inference.AssetRef;
import drover.inference.SafetyResult;
import drover.job.HostPaths;
import drover.job.Job;
import drover.ledger.Order;
import drover.ledger.OrderBook;
import drover.logging.LogKeys;
import drover.rules.Surroundings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The way of each picture of an order to the Horde: upload, then submit, or a fault at once. How far each has come is put
 * into the order book before the next step. For one owner, which passes on the {@link Step}s.
 *
 * @param <M> what the owner hears
 */
final class OrderAnswers<M> {
    /**
     * Where the answers to an order go.
     *
     * @param uploads where each picture goes; none where no picture will come
     * @param seed for pictures that do not come
     */
    record Destination(List<PresignedUrl> uploads, long seed) {
        /** For a job of which nothing will come. */
        static final Destination FAULTS_ONLY = new Destination(List.of(), 0);

        Destination {
            uploads = List.copyOf(uploads);
        }

        /** What a job says of it. */
        static Destination of(ImageJob job) {
            return new Destination(job.uploads(), job.seedToUse());
        }
    }

    /** What has become of a step. */
    sealed interface Step {}

    private record Uploaded(int part, UploadOutcome outcome) implements Step {}

    private record NotRead(int part, Throwable cause) implements Step {}

    private record Submitted(int part, ImageSubmit submit, SubmitOutcome outcome) implements Step {}

    private record NotSubmitted(int part, ImageSubmit submit, Throwable cause) implements Step {}

    private record SubmitAgain(int part, ImageSubmit submit) implements Step {}

    /** The server's sweep comes up to a minute after the time is over; until then a late answer is taken, and paid. */
    private static final Duration SWEEP = Duration.ofSeconds(60);

    private static final Duration REFUSED_AGAIN = Duration.ofSeconds(15);

    private final Surroundings<M> around;
    private final Function<Step, M> wrap;
    private final OrderLinks links;
    private final Destination to;
    private final boolean recovered;
    private final ActorRef<OrderBook.Kept> kept;
    private Order order;
    /** How often the book has been told what it has not confirmed. */
    private int unkept;

    private List<AssetRef> pictures = List.of();
    private List<GenMetadata> remarks = List.of();

    /**
     * Answers to an order of which nothing is answered here yet.
     *
     * @param wrap what makes a message to the owner of a step
     * @param order as it stands in the book, or is to
     * @param to where they go
     * @param recovered whether another process may have answered parts of it
     * @param kept hears when the book has it; its owner passes that on to {@link #kept}
     */
    OrderAnswers(
            Surroundings<M> around,
            Function<Step, M> wrap,
            OrderLinks links,
            Order order,
            Destination to,
            boolean recovered,
            ActorRef<OrderBook.Kept> kept) {
        this.around = around;
        this.wrap = wrap;
        this.links = links;
        this.order = order;
        this.to = to;
        this.recovered = recovered;
        this.kept = kept;
    }

    /** The order as it stands now. */
    Order order() {
        return order;
    }

    /** Puts it into the book as it stands now. */
    void keep() {
        unkept++;
        links.book().tell(new OrderBook.Put(order, kept));
    }

    /** The book has confirmed one {@link #keep}. */
    void kept() {
        unkept--;
    }

    /** Whether each part is answered, and that is on disk. */
    boolean isDone() {
        return order.isClosed() && unkept == 0;
    }

    /**
     * Brings the pictures there; those that did not come are faulted.
     *
     * @param about what the Horde is to know about each
     */
    void bring(Job produced, List<GenMetadata> about) {
        pictures = produced.assets();
        remarks = about;
        for (int part = 0; part < order.parts().size(); part++) {
            if (!order.parts().get(part).isAnswered()) {
                bring(part);
            }
        }
    }

    /** Says of each picture that nothing will come, and why. */
    void fault(String why, List<GenMetadata> about) {
        remarks = about;
        for (int part = 0; part < order.parts().size(); part++) {
            if (!order.parts().get(part).isAnswered()) {
                submitFault(part, why);
            }
        }
    }

    /** Hears of a step. */
    void hear(Step step) {
        switch (step) {
            case Uploaded(int part, var outcome) -> onUploaded(part, outcome);
            case NotRead(int part, Throwable cause) ->
                submitFault(part, "the picture could not be read: " + cause.getMessage());
            case Submitted submitted -> onSubmitted(submitted);
            case NotSubmitted(int part, ImageSubmit submit, Throwable cause) -> {
                about(around.log().atError()).log("{} could not be submitted; again", order.job(), cause);
                again(part, submit);
            }
            case SubmitAgain(int part, ImageSubmit submit) -> submit(part, submit);
        }
    }

    private Instant now() {
        return links.clock().instant();
    }

    private Instant lastCall() {
        return order.answerBy().plus(SWEEP);
    }

    private LoggingEventBuilder about(LoggingEventBuilder line) {
        return line.addKeyValue(LogKeys.JOB, order.job().value());
    }

    private void bring(int part) {
        if (part >= pictures.size()) {
            submitFault(part, "only " + pictures.size() + " of " + order.parts().size() + " pictures came");
            return;
        }
        AssetRef picture = pictures.get(part);
        if (picture.safety() == SafetyResult.UNCHECKED) {
            submitFault(part, "nobody has looked at the picture");
            return;
        }
        if (order.parts().get(part).state() == Order.State.UPLOADED) {
            submitPicture(part, new UploadOutcome.Stored(Optional.empty()));
            return;
        }
        CompletionStage<UploadOutcome> upload = CompletableFuture.supplyAsync(() -> read(picture), around.blocking())
                .thenCompose(bytes -> links.uploader().upload(to.uploads().get(part), bytes, lastCall()));
        around.pipe(
                upload,
                (outcome, failure) ->
                        wrap.apply(failure == null ? new Uploaded(part, outcome) : new NotRead(part, failure)));
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
        AssetRef picture = pictures.get(part);
        Judgement judgement = Judgement.of(picture, part, order.parts().size(), remarks);
        submit(
                part,
                ImageSubmit.uploaded(
                        order.parts().get(part).id(), stored, judgement.state(), picture.seed(), judgement.metadata()));
    }

    private void submitFault(int part, String why) {
        submit(part, ImageSubmit.faulted(order.parts().get(part).id(), to.seed(), HostPaths.hidden(why), remarks));
    }

    private void submit(int part, ImageSubmit submit) {
        around.pipe(
                links.client().submit(submit, new SubmitPlan(lastCall(), recovered)),
                (outcome, failure) -> wrap.apply(
                        failure == null
                                ? new Submitted(part, submit, outcome)
                                : new NotSubmitted(part, submit, failure)));
    }

    private void again(int part, ImageSubmit submit) {
        M later = wrap.apply(new SubmitAgain(part, submit));
        around.timers().startSingleTimer(later, later, REFUSED_AGAIN);
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
    }

    private Order.Part notTaken(Order.Part part, HordeError error, Order.Outcome outcome) {
        about(around.log().atWarn()).log("the Horde did not take {}: {}", part.id(), error.message());
        return part.answered(outcome, 0);
    }
}
