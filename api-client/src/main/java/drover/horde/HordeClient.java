package drover.horde;

import drover.horde.HordeHttp.Call;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.HttpMethods;

/**
 * What a worker says to a Horde. Pops are sent once, as the server may give a job that then nobody knows of; results are
 * sent until the server has them or their time is over; what is looked up is tried a few times. Safe for use by many
 * threads; it holds nothing that has to be closed but what belongs to the actor system.
 */
public final class HordeClient {
    private final HordeHttp http;

    /**
     * A client.
     *
     * @param system whose threads and connections it uses
     * @param settings which Horde, and as whom
     * @param retries clock, timer and chance
     */
    public HordeClient(ClassicActorSystemProvider system, HordeSettings settings, Retries retries) {
        this.http = new HordeHttp(system, settings, retries);
    }

    /** Asks for image jobs, once. */
    public CompletionStage<HordeResult<ImagePopAnswer>> pop(ImagePop pop) {
        return http.call(new Call<>(
                Operation.IMAGE_POP,
                HttpMethods.POST,
                "/generate/pop",
                Optional.of(pop),
                reply -> ImagePopAnswer.read(reply.body().toArrayUnsafe())));
    }

    /** Asks for text jobs, once. */
    public CompletionStage<HordeResult<TextPopAnswer>> pop(TextPop pop) {
        return http.call(Call.of(Operation.TEXT_POP, HttpMethods.POST, "/generate/text/pop", pop, TextPopAnswer.class));
    }

    /** Asks for alchemy, once. */
    public CompletionStage<HordeResult<AlchemyPopAnswer>> pop(AlchemyPop pop) {
        return http.call(
                Call.of(Operation.ALCHEMY_POP, HttpMethods.POST, "/interrogate/pop", pop, AlchemyPopAnswer.class));
    }

    /**
     * How long a result may be handed in, and what is known of it.
     *
     * @param until the end of the job's time
     * @param triedBefore whether it may have been sent already, by a process that did not see the answer
     */
    public record SubmitPlan(Instant until, boolean triedBefore) {}

    /** Hands in a picture, until the server has it or its time is over. Safe to repeat. */
    public CompletionStage<SubmitOutcome> submit(ImageSubmit submit, SubmitPlan plan) {
        return submit(
                Call.of(Operation.IMAGE_SUBMIT, HttpMethods.POST, "/generate/submit", submit, SubmitAnswer.class),
                plan);
    }

    /** Hands in a text, until the server has it or its time is over. Safe to repeat. */
    public CompletionStage<SubmitOutcome> submit(TextSubmit submit, SubmitPlan plan) {
        return submit(
                Call.of(Operation.TEXT_SUBMIT, HttpMethods.POST, "/generate/text/submit", submit, SubmitAnswer.class),
                plan);
    }

    /** Hands in the result of a form, until the server has it or its time is over. Safe to repeat. */
    public CompletionStage<SubmitOutcome> submit(AlchemySubmit submit, SubmitPlan plan) {
        return submit(
                Call.of(Operation.ALCHEMY_SUBMIT, HttpMethods.POST, "/interrogate/submit", submit, SubmitAnswer.class),
                plan);
    }

    private CompletionStage<SubmitOutcome> submit(Call<SubmitAnswer> call, SubmitPlan plan) {
        AtomicBoolean mayHaveArrived = new AtomicBoolean(plan.triedBefore());
        AtomicBoolean keyChecked = new AtomicBoolean();
        Supplier<CompletionStage<HordeResult<SubmitAnswer>>> attempt =
                () -> http.call(call).thenCompose(result -> doubtingKey(result, keyChecked));
        return http.retries()
                .run(
                        new Retries.Plan(Backoff.SUBMIT, Integer.MAX_VALUE, plan.until()),
                        attempt,
                        result -> switch (result) {
                            case HordeResult.Ok<SubmitAnswer> ok -> Optional.empty();
                            case HordeResult.Failed<SubmitAnswer>(HordeError error) -> {
                                if (error.outcomeUnknown()) {
                                    mayHaveArrived.set(true);
                                }
                                yield HordeHttp.again(error);
                            }
                        })
                .thenApply(result -> outcome(result, mayHaveArrived.get()));
    }

    /**
     * To a submit with a wrong key the server answers with an error of its own (500), which no retry mends; so the key is
     * asked for when that is seen first.
     */
    private CompletionStage<HordeResult<SubmitAnswer>> doubtingKey(
            HordeResult<SubmitAnswer> result, AtomicBoolean keyChecked) {
        if (!(result instanceof HordeResult.Failed<SubmitAnswer>(HordeError.ServerFault fault))
                || fault.answer().status() != 500
                || keyChecked.get()) {
            return CompletableFuture.completedFuture(result);
        }
        return http.call(findUser()).thenApply(user -> switch (user) {
            case HordeResult.Ok<User> known -> {
                keyChecked.set(true);
                yield result;
            }
            case HordeResult.Failed<User>(HordeError.KeyRefused refused) -> new HordeResult.Failed<>(refused);
            case HordeResult.Failed<User> notSaid -> result;
        });
    }

    private static SubmitOutcome outcome(HordeResult<SubmitAnswer> result, boolean mayHaveArrived) {
        return switch (result) {
            case HordeResult.Ok<SubmitAnswer>(SubmitAnswer answer) -> new SubmitOutcome.Accepted(answer);
            case HordeResult.Failed<SubmitAnswer>(HordeError error) ->
                switch (error.advice()) {
                    case ACCEPTED ->
                        error instanceof HordeError.AlreadySubmitted && !mayHaveArrived
                                ? new SubmitOutcome.Dropped(error)
                                : new SubmitOutcome.AcceptedBefore(error);
                    case DROP -> new SubmitOutcome.Dropped(error);
                    case RETRY, WAIT -> new SubmitOutcome.OutOfTime(error);
                    case STOP, MAINTENANCE -> new SubmitOutcome.Refused(error);
                };
        };
    }

    /** Whose key it is. Up to 30 s old. */
    public CompletionStage<HordeResult<User>> user() {
        return http.callAgain(findUser());
    }

    private static Call<User> findUser() {
        return Call.of(Operation.FIND_USER, HttpMethods.GET, "/find_user", User.class);
    }

    /** Any account, by the number in its name. */
    public CompletionStage<HordeResult<User>> user(int id) {
        return http.callAgain(Call.of(Operation.USER, HttpMethods.GET, "/users/" + id, User.class));
    }

    /** A worker by its name; it is not there before its first pop. Up to 30 s old. */
    public CompletionStage<HordeResult<WorkerDetails>> workerByName(String name) {
        return http.callAgain(Call.of(
                Operation.WORKER_BY_NAME,
                HttpMethods.GET,
                "/workers/name/" + HordeHttp.encoded(name),
                WorkerDetails.class));
    }

    /** A worker by its id. Up to 30 s old. */
    public CompletionStage<HordeResult<WorkerDetails>> worker(String id) {
        return http.callAgain(Call.of(Operation.WORKER, HttpMethods.GET, worker(id, ""), WorkerDetails.class));
    }

    /** Changes a worker; gives what was changed. */
    public CompletionStage<HordeResult<WorkerChange>> change(String id, WorkerChange change) {
        return http.callAgain(
                Call.of(Operation.CHANGE_WORKER, HttpMethods.PUT, worker(id, ""), change, WorkerChange.class));
    }

    /**
     * What was removed.
     *
     * @param deletedId of the worker
     * @param deletedName of the worker
     */
    public record Removed(Optional<String> deletedId, Optional<String> deletedName) {}

    /** Removes a worker, with all that it is known for. */
    public CompletionStage<HordeResult<Removed>> removeWorker(String id) {
        return http.callAgain(Call.of(Operation.DELETE_WORKER, HttpMethods.DELETE, worker(id, ""), Removed.class));
    }

    private static String worker(String id, String more) {
        return "/workers/" + HordeHttp.encoded(id) + more;
    }

    /** The messages to the owner's workers. */
    public CompletionStage<HordeResult<List<WorkerMessage>>> messages() {
        return http.callAgain(Call.list(Operation.MESSAGES, HttpMethods.GET, "/workers/messages", WorkerMessage.class));
    }

    /** One of them. */
    public CompletionStage<HordeResult<WorkerMessage>> message(String id) {
        return http.callAgain(Call.of(
                Operation.MESSAGE,
                HttpMethods.GET,
                worker("messages", "/" + HordeHttp.encoded(id)),
                WorkerMessage.class));
    }

    /** Leaves a message for one's workers. */
    public CompletionStage<HordeResult<WorkerMessage>> leaveMessage(WorkerMessage.Draft draft) {
        return http.callAgain(
                Call.of(Operation.LEAVE_MESSAGE, HttpMethods.POST, "/workers/messages", draft, WorkerMessage.class));
    }

    /**
     * That something was done.
     *
     * @param message in a word
     */
    public record Done(Optional<String> message) {}

    /** Removes a message. */
    public CompletionStage<HordeResult<Done>> removeMessage(String id) {
        return http.callAgain(Call.of(
                Operation.DELETE_MESSAGE,
                HttpMethods.DELETE,
                worker("messages", "/" + HordeHttp.encoded(id)),
                Done.class));
    }

    /** How the server's node is. */
    public CompletionStage<HordeResult<Status.Heartbeat>> heartbeat() {
        return look(Operation.HEARTBEAT, "/status/heartbeat", Status.Heartbeat.class);
    }

    /** What time it is at the server, to a second; empty if it does not say. Asked once, as a later answer is another time. */
    public CompletionStage<HordeResult<Optional<Instant>>> time() {
        return http.call(
                new Call<>(Operation.HEARTBEAT, HttpMethods.GET, "/status/heartbeat", Optional.empty(), Reply::date));
    }

    /** Whether the Horde is as usual. Up to 50 s old. */
    public CompletionStage<HordeResult<Status.Modes>> modes() {
        return look(Operation.MODES, "/status/modes", Status.Modes.class);
    }

    /** The Horde's load. */
    public CompletionStage<HordeResult<Status.Performance>> performance() {
        return look(Operation.PERFORMANCE, "/status/performance", Status.Performance.class);
    }

    /** The models' queues. */
    public CompletionStage<HordeResult<List<Status.ModelQueue>>> modelQueues(
            Status.QueueType type, Status.ModelState state) {
        return http.callAgain(Call.list(
                Operation.MODEL_QUEUES,
                HttpMethods.GET,
                "/status/models?type=" + lower(type) + "&model_state=" + lower(state),
                Status.ModelQueue.class));
    }

    /** How often each image model was used. Up to 50 s old. */
    public CompletionStage<HordeResult<Status.ModelUse>> modelUse(Status.ModelState state) {
        return look(Operation.MODEL_USE, "/stats/img/models?model_state=" + lower(state), Status.ModelUse.class);
    }

    /** What is new. Up to 300 s old. */
    public CompletionStage<HordeResult<List<Status.News>>> news() {
        return http.callAgain(Call.list(Operation.NEWS, HttpMethods.GET, "/status/news", Status.News.class));
    }

    private <T> CompletionStage<HordeResult<T>> look(Operation operation, String path, Class<T> type) {
        return http.callAgain(Call.of(operation, HttpMethods.GET, path, type));
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
