package drover.board;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.ledger.JobLedger;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import drover.watchdog.LearnedTimeouts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * What waits, what runs where, what comes next. The decisions are {@link Board}'s; this actor carries them out: it
 * writes them into the ledger, hands offers to keepers, and tells followers what is on disk.
 *
 * <p>An offer is not held back until its assignment is on disk: if the control process dies in between, its nodes die
 * with it, and the job is found waiting.
 */
public final class JobBoard implements Rules<JobBoard.Command> {
    /** What the board understands. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = SlotIdle.class, name = "slot-idle"),
        @JsonSubTypes.Type(value = SlotGone.class, name = "slot-gone"),
        @JsonSubTypes.Type(value = Advanced.class, name = "advanced"),
        @JsonSubTypes.Type(value = StillOut.class, name = "still-out"),
        @JsonSubTypes.Type(value = Produced.class, name = "produced"),
        @JsonSubTypes.Type(value = AttemptEnded.class, name = "attempt-ended"),
        @JsonSubTypes.Type(value = CancelJob.class, name = "cancel-job"),
        @JsonSubTypes.Type(value = RequeueJob.class, name = "requeue-job"),
        @JsonSubTypes.Type(value = WithdrawModel.class, name = "withdraw-model"),
        @JsonSubTypes.Type(value = ReleaseModel.class, name = "release-model"),
        @JsonSubTypes.Type(value = NodeReleased.class, name = "node-released"),
        @JsonSubTypes.Type(value = GetSnapshot.class, name = "get-snapshot")
    })
    public sealed interface Command extends CborSerializable {}

    /**
     * From a keeper: the slot has nothing to do and asks for work. Safe to repeat; the latest word counts.
     *
     * @param models what its engine can run
     * @param resident what is in its memory now
     */
    public record SlotIdle(SlotId slot, Set<String> models, Set<String> resident, ActorRef<SlotCommand> keeper)
            implements Command {
        public SlotIdle {
            models = Set.copyOf(models);
            resident = Set.copyOf(resident);
        }
    }

    /** From a keeper: the slot takes no more work (drain, scale-down, its process is gone). */
    public record SlotGone(SlotId slot) implements Command {}

    /** From a keeper: the attempt has come to this position. */
    public record Advanced(SlotId slot, AttemptId attempt, Position position) implements Command {}

    /**
     * From a keeper, again and again: the attempt is out with the slot, and has come to this position. A board that has
     * taken over from another one learns so what goes on. One that does not want the attempt any more has it cancelled.
     */
    public record StillOut(SlotId slot, AttemptId attempt, Optional<Position> position, ActorRef<SlotCommand> keeper)
            implements Command {}

    /** From a keeper: the attempt's results are in the asset store. Answered by {@code ResultRecorded}. */
    public record Produced(
            SlotId slot, AttemptId attempt, List<AssetRef> assets, AttemptTimings timings, ActorRef<SlotCommand> keeper)
            implements Command {
        public Produced {
            assets = List.copyOf(assets);
        }
    }

    /**
     * From a keeper: the attempt ended without a result. Answered by {@code ResultRecorded}.
     *
     * @param code a stable name of the failure, such as {@code drover:engine.out-of-memory} or {@code
     *     drover:attempt.stalled}
     * @param reason in a sentence for a person
     * @param retryable whether another attempt may succeed
     * @param timings what its node measured; {@link AttemptTimings#NONE} if the node could not say
     */
    public record AttemptEnded(
            SlotId slot,
            AttemptId attempt,
            AttemptOutcome outcome,
            String code,
            String reason,
            boolean retryable,
            AttemptTimings timings,
            ActorRef<SlotCommand> keeper)
            implements Command {}

    /** From a caller: stop working on the job. */
    public record CancelJob(JobId job, ActorRef<CancelReply> replyTo) implements Command {}

    /** From an operator: take the job from the slot that runs it and put it back by its age. Safe to repeat. */
    public record RequeueJob(JobId job, ActorRef<RequeueReply> replyTo) implements Command {}

    /** From an operator: offer the model to no node until it is released. What runs goes on. */
    public record WithdrawModel(String model, String reason, ActorRef<ModelReply> replyTo) implements Command {}

    /** From an operator: offer the model again, whatever took it out. */
    public record ReleaseModel(String model, ActorRef<ModelReply> replyTo) implements Command {}

    /** From a keeper: an operator has released the node, so its failures are forgotten here too. */
    public record NodeReleased(String node) implements Command {}

    /** From an inspector: what is going on. */
    public record GetSnapshot(ActorRef<Snapshot> replyTo) implements Command {}

    /** A job that is on disk and not at its end; newly accepted, or found again after a restart. */
    private record Take(Job job) implements Command {}

    private record LedgerReplied(JobLedger.AppendReply reply) implements Command {}

    private record DeliveryReplied(Delivery.Outcome outcome) implements Command {}

    private record KeeperGone(ActorRef<SlotCommand> keeper) implements Command {}

    private record Wake() implements Command {}

    /** Answers to {@link CancelJob}. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = CancelReply.Cancelled.class, name = "cancelled"),
        @JsonSubTypes.Type(value = CancelReply.NotHere.class, name = "not-here")
    })
    public sealed interface CancelReply extends CborSerializable {
        /** The job is cancelled, and that is on disk. */
        record Cancelled(Job job) implements CancelReply {}

        /** The board does not have the job: it has ended, or never was. */
        record NotHere() implements CancelReply {}
    }

    /** Answers to {@link RequeueJob}. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = RequeueReply.UnderWay.class, name = "under-way"),
        @JsonSubTypes.Type(value = RequeueReply.Waiting.class, name = "waiting"),
        @JsonSubTypes.Type(value = RequeueReply.Refused.class, name = "refused"),
        @JsonSubTypes.Type(value = RequeueReply.NotHere.class, name = "not-here")
    })
    public sealed interface RequeueReply extends CborSerializable {
        /** The attempt has been told to stop; the job is back in the line when it has. */
        record UnderWay(AttemptId attempt, SlotId slot) implements RequeueReply {}

        /** Nothing runs it: it waits already. */
        record Waiting() implements RequeueReply {}

        /** It cannot be put back. */
        record Refused(String reason) implements RequeueReply {}

        /** The board does not have the job: it has ended, or never was. */
        record NotHere() implements RequeueReply {}
    }

    /** Answers to {@link WithdrawModel} and {@link ReleaseModel}; both say which models are out now. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = ModelReply.Done.class, name = "done"),
        @JsonSubTypes.Type(value = ModelReply.NotWithdrawn.class, name = "not-withdrawn")
    })
    public sealed interface ModelReply extends CborSerializable {
        /** It is so now. */
        record Done(List<WithdrawnModel> withdrawn) implements ModelReply {
            public Done {
                withdrawn = List.copyOf(withdrawn);
            }
        }

        /** There was nothing to release. */
        record NotWithdrawn(String model, List<WithdrawnModel> withdrawn) implements ModelReply {
            public NotWithdrawn {
                withdrawn = List.copyOf(withdrawn);
            }
        }
    }

    /**
     * What the board holds.
     *
     * @param waiting how many jobs wait
     * @param out the attempts that are out with nodes
     * @param undelivered how many finished results wait for delivery
     * @param idleSlots the slots that wait for work
     * @param pending the work of all jobs that wait or are out
     * @param pendingByModel the same for each model that has any
     * @param pendingByTenant the same for each tenant that has any
     * @param nodes what is thought of each node that has asked for work
     * @param withdrawn the models that are not offered
     * @param learned what has been learned for the watchdogs
     */
    public record Snapshot(
            int waiting,
            List<Running> out,
            int undelivered,
            List<SlotId> idleSlots,
            WorkAmount pending,
            Map<String, WorkAmount> pendingByModel,
            Map<String, WorkAmount> pendingByTenant,
            List<NodeStanding> nodes,
            List<WithdrawnModel> withdrawn,
            List<LearnedTimeouts.Row> learned)
            implements CborSerializable {
        public Snapshot {
            out = List.copyOf(out);
            idleSlots = List.copyOf(idleSlots);
            pendingByModel = Map.copyOf(pendingByModel);
            pendingByTenant = Map.copyOf(pendingByTenant);
            nodes = List.copyOf(nodes);
            withdrawn = List.copyOf(withdrawn);
            learned = List.copyOf(learned);
        }
    }

    /** One attempt that is out with a node. */
    public record Running(AttemptId attempt, String model, SlotId slot, Optional<Position> position)
            implements CborSerializable {}

    private static final String WAKE = "wake";

    private final Surroundings<Command> around;
    private final Board board;
    private final ActorRef<JobLedger.Command> ledger;
    private final ActorRef<JobFeed.Command> feed;
    private final ActorRef<Delivery.Command> delivery;
    private final InstantSource clock;
    private final TimerScheduler<Command> timers;
    private final ActorRef<JobLedger.AppendReply> ledgerReplies;
    private final ActorRef<Delivery.Outcome> deliveryReplies;
    private final Map<SlotId, ActorRef<SlotCommand>> keepers = new HashMap<>();
    private final Map<AttemptId, Acknowledgement> unacknowledged = new HashMap<>();
    private final Map<JobId, List<ActorRef<CancelReply>>> cancelling = new HashMap<>();
    private Optional<Instant> wakeAt = Optional.empty();

    private record Acknowledgement(SlotId slot, ActorRef<SlotCommand> keeper) {}

    /**
     * A board that gets its jobs from this ledger.
     *
     * @param clock wall clock, for deadlines and the record
     */
    public static Behavior<Command> create(
            ActorRef<JobLedger.Command> ledger,
            ActorRef<JobFeed.Command> feed,
            ActorRef<Delivery.Command> delivery,
            BoardSettings settings,
            InstantSource clock) {
        return RulesActor.create(
                JobBoard.class, around -> new JobBoard(around, ledger, feed, delivery, settings, clock));
    }

    /** The rules of {@link #create}'s actor. */
    public JobBoard(
            Surroundings<Command> around,
            ActorRef<JobLedger.Command> ledger,
            ActorRef<JobFeed.Command> feed,
            ActorRef<Delivery.Command> delivery,
            BoardSettings settings,
            InstantSource clock) {
        this.around = around;
        this.board = new Board(settings);
        this.ledger = ledger;
        this.feed = feed;
        this.delivery = delivery;
        this.clock = clock;
        this.timers = around.timers();
        this.ledgerReplies = around.adapter(JobLedger.AppendReply.class, LedgerReplied::new);
        this.deliveryReplies = around.adapter(Delivery.Outcome.class, DeliveryReplied::new);
        ledger.tell(new JobLedger.Attach(around.adapter(JobLedger.OpenJob.class, open -> new Take(open.job()))));
    }

    @Override
    public boolean hear(Command command) {
        Instant now = clock.instant();
        switch (command) {
            case Take take -> onTake(take, now);
            case SlotIdle idle -> {
                remember(idle.slot(), idle.keeper(), now);
                carryOut(board.idle(idle.slot(), idle.models(), idle.resident(), now));
            }
            case SlotGone gone -> {
                carryOut(board.gone(gone.slot(), now));
                keepers.remove(gone.slot());
            }
            case Advanced advanced -> {
                carryOut(board.advanced(advanced.attempt(), advanced.position(), now));
                feed.tell(new JobFeed.Moved(advanced.attempt(), advanced.position()));
            }
            case StillOut it -> {
                remember(it.slot(), it.keeper(), now);
                carryOut(board.stillOut(it.slot(), it.attempt(), it.position(), now));
            }
            case Produced produced ->
                acknowledgeAfter(
                        produced.slot(),
                        produced.attempt(),
                        produced.keeper(),
                        board.produced(
                                produced.slot(), produced.attempt(), produced.assets(), produced.timings(), now));
            case AttemptEnded ended ->
                acknowledgeAfter(
                        ended.slot(),
                        ended.attempt(),
                        ended.keeper(),
                        board.ended(
                                ended.slot(),
                                ended.attempt(),
                                ended.outcome(),
                                ended.code(),
                                ended.reason(),
                                ended.retryable(),
                                ended.timings(),
                                now));
            case CancelJob cancel -> onCancelJob(cancel, now);
            case RequeueJob requeue -> {
                Board.Requeue requeued = board.requeue(requeue.job(), now);
                carryOut(requeued.actions());
                requeue.replyTo().tell(requeued.reply());
            }
            case WithdrawModel withdraw -> {
                board.withdrawModel(withdraw.model(), withdraw.reason(), now);
                withdraw.replyTo().tell(new ModelReply.Done(board.withdrawn(now)));
            }
            case ReleaseModel release -> onReleaseModel(release, now);
            case NodeReleased released -> carryOut(board.releaseNode(released.node(), now));
            case GetSnapshot get -> get.replyTo().tell(board.snapshot(now));
            case LedgerReplied replied -> onLedgerReplied(replied.reply());
            case DeliveryReplied replied -> onDeliveryReplied(replied.outcome(), now);
            case KeeperGone gone -> onKeeperGone(gone.keeper(), now);
            case Wake() -> {
                wakeAt = Optional.empty();
                carryOut(board.wake(now));
            }
        }
        scheduleWake(now);
        return true;
    }

    private void remember(SlotId slot, ActorRef<SlotCommand> keeper, Instant now) {
        ActorRef<SlotCommand> known = keepers.get(slot);
        if (known != null && !known.equals(keeper)) {
            onKeeperGone(known, now); // Its host has been started anew before anybody noticed its end.
        }
        if (known == null || !known.equals(keeper)) {
            if (!keepers.containsValue(keeper)) {
                around.watch(keeper, new KeeperGone(keeper));
            }
            keepers.put(slot, keeper);
        }
    }

    /** A keeper reports the end of every attempt before its own; one that could not is gone with its host. */
    private void onKeeperGone(ActorRef<SlotCommand> keeper, Instant now) {
        List<SlotId> slots = keepers.entrySet().stream()
                .filter(entry -> entry.getValue().equals(keeper))
                .map(Map.Entry::getKey)
                .toList();
        for (SlotId slot : slots) {
            keepers.remove(slot);
            carryOut(board.lost(slot, now));
        }
        unacknowledged.values().removeIf(a -> a.keeper().equals(keeper));
    }

    private void onTake(Take take, Instant now) {
        feed.tell(new JobFeed.Changed(take.job()));
        carryOut(board.take(take.job(), now));
    }

    private void onCancelJob(CancelJob cancel, Instant now) {
        Optional<List<BoardAction>> actions = board.cancel(cancel.job(), now);
        if (actions.isEmpty()) {
            cancel.replyTo().tell(new CancelReply.NotHere());
            return;
        }
        cancelling.computeIfAbsent(cancel.job(), id -> new ArrayList<>()).add(cancel.replyTo());
        carryOut(actions.get());
    }

    private void onReleaseModel(ReleaseModel release, Instant now) {
        Optional<List<BoardAction>> actions = board.releaseModel(release.model(), now);
        List<WithdrawnModel> withdrawn = board.withdrawn(now);
        release.replyTo()
                .tell(
                        actions.isPresent()
                                ? new ModelReply.Done(withdrawn)
                                : new ModelReply.NotWithdrawn(release.model(), withdrawn));
        actions.ifPresent(this::carryOut);
    }

    private void onLedgerReplied(JobLedger.AppendReply reply) {
        switch (reply) {
            case JobLedger.AppendReply.Recorded(Job job) -> {
                feed.tell(new JobFeed.Changed(job));
                job.lastAttempt()
                        .filter(attempt -> !job.state().isOut())
                        .map(unacknowledged::remove)
                        .ifPresent(a -> a.keeper()
                                .tell(new SlotCommand.ResultRecorded(
                                        a.slot(), job.lastAttempt().orElseThrow())));
                if (job.state().isTerminal()) {
                    List<ActorRef<CancelReply>> callers = cancelling.remove(job.id());
                    if (callers != null) {
                        callers.forEach(caller -> caller.tell(new CancelReply.Cancelled(job)));
                    }
                }
            }
            case JobLedger.AppendReply.Refused(var event, String reason) ->
                // Board and ledger fold the same events in the same order, so this is a defect worth shouting about.
                around.log().error("The ledger refused {}: {}", event, reason);
        }
    }

    private void onDeliveryReplied(Delivery.Outcome outcome, Instant now) {
        switch (outcome) {
            case Delivery.Outcome.Delivered(Job job) -> board.ended(job.id());
            case Delivery.Outcome.Overtaken(JobId job, String reason) -> {
                around.log().warn("{} was not delivered: {}", job, reason);
                board.ended(job);
            }
            case Delivery.Outcome.ResultLost(Job job, String reason) ->
                carryOut(board.resultLost(job.id(), reason, now));
        }
    }

    /** A report that changes nothing is a repeat: what it says is on disk, or soon will be. */
    private void acknowledgeAfter(
            SlotId slot, AttemptId attempt, ActorRef<SlotCommand> keeper, List<BoardAction> actions) {
        boolean recorded = actions.stream()
                .anyMatch(
                        a -> a instanceof BoardAction.Write r && r.event().job().equals(attempt.job()));
        if (recorded) {
            unacknowledged.put(attempt, new Acknowledgement(slot, keeper));
        } else if (!unacknowledged.containsKey(attempt)) {
            keeper.tell(new SlotCommand.ResultRecorded(slot, attempt));
        }
        carryOut(actions);
    }

    private void carryOut(List<BoardAction> actions) {
        for (BoardAction action : actions) {
            switch (action) {
                case BoardAction.Write(var event) -> {
                    ledger.tell(new JobLedger.Append(event, ledgerReplies));
                    around.publish(event);
                }
                case BoardAction.Offer(var slot, var attempt, var request, var deadline, var learned) ->
                    tellKeeper(slot, new SlotCommand.Offer(slot, attempt, request, deadline, learned));
                case BoardAction.Cancel(var slot, var attempt, var reason) ->
                    tellKeeper(slot, new SlotCommand.CancelAttempt(slot, attempt, reason));
                case BoardAction.Withdraw(var model, var reason) ->
                    around.log().error("the model {} is not offered any more for a while: it {}", model, reason);
                case BoardAction.Suspend(var node, var until, var reason) ->
                    around.log().warn("{} gets no jobs until {}, after too many failures: {}", node, until, reason);
                case BoardAction.Deliver(var job) -> delivery.tell(new Delivery.Deliver(job, deliveryReplies));
            }
        }
    }

    private void tellKeeper(SlotId slot, SlotCommand message) {
        ActorRef<SlotCommand> keeper = keepers.get(slot);
        if (keeper != null) {
            keeper.tell(message);
        }
    }

    private void scheduleWake(Instant now) {
        Optional<Instant> next = board.nextWake(now);
        if (!next.equals(wakeAt)) {
            wakeAt = next;
            next.ifPresentOrElse(
                    at -> {
                        Duration wait = Duration.between(now, at);
                        timers.startSingleTimer(WAKE, new Wake(), wait.isNegative() ? Duration.ZERO : wait);
                    },
                    () -> timers.cancel(WAKE));
        }
    }
}
