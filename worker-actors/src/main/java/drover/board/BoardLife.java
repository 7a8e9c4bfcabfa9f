package drover.board;

import drover.board.JobBoard.Command;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.PreviewWish;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.Hold;
import drover.ledger.HoldLog;
import drover.ledger.JobLedger;
import drover.logging.LogKeys;
import drover.rules.Rules;
import drover.rules.Surroundings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** What {@link JobBoard} does; its messages are described there. */
final class BoardLife implements Rules<Command> {
    private static final String WAKE = "wake";

    /** A follower says every two seconds that it is there. */
    private static final PreviewWish FOLLOWER = new PreviewWish(1, 10);

    private final Surroundings<Command> around;
    private final Board board;
    private final JobBoard.Links links;
    private final InstantSource clock;
    private final TimerScheduler<Command> timers;
    private final ActorRef<JobLedger.AppendReply> ledgerReplies;
    private final ActorRef<Delivery.Outcome> deliveryReplies;

    private final Map<SlotId, ActorRef<SlotCommand>> keepers = new HashMap<>();
    private final Map<AttemptId, Acknowledgement> unacknowledged = new HashMap<>();
    private final Map<JobId, List<ActorRef<JobBoard.CancelReply>>> cancelling = new HashMap<>();
    private Optional<Instant> wakeAt = Optional.empty();

    private record Acknowledgement(SlotId slot, ActorRef<SlotCommand> keeper) {}

    BoardLife(
            Surroundings<Command> around,
            JobBoard.Links links,
            BoardSettings settings,
            List<Hold> held,
            InstantSource clock) {
        this.around = around;
        this.board = new Board(settings);
        this.links = links;
        this.clock = clock;
        this.timers = around.timers();
        this.ledgerReplies = around.adapter(JobLedger.AppendReply.class, JobBoard.LedgerReplied::new);
        this.deliveryReplies = around.adapter(Delivery.Outcome.class, JobBoard.DeliveryReplied::new);
        held.stream()
                .filter(hold -> hold.kind() == Hold.Kind.MODEL)
                .forEach(hold -> board.withdrawModel(hold.subject(), hold.reason(), hold.since()));
        links.ledger()
                .tell(new JobLedger.Attach(
                        around.adapter(JobLedger.OpenJob.class, open -> new JobBoard.Take(open.job()))));
    }

    @Override
    public boolean hear(Command command) {
        Instant now = clock.instant();
        switch (command) {
            case JobBoard.Take take -> onTake(take, now);
            case JobBoard.SlotIdle idle -> {
                remember(idle.slot(), idle.keeper(), now);
                carryOut(board.idle(idle.slot(), idle.models(), idle.resident(), idle.checks(), now));
            }
            case JobBoard.SlotGone gone -> {
                carryOut(board.gone(gone.slot(), now));
                keepers.remove(gone.slot());
            }
            case JobBoard.Advanced advanced -> {
                carryOut(board.advanced(advanced.attempt(), advanced.position(), now));
                links.feed().tell(new JobFeed.Moved(advanced.attempt(), advanced.position()));
            }
            case JobBoard.Previewed it -> links.feed().tell(new JobFeed.Previewed(it.attempt(), it.preview()));
            case JobBoard.ShowPreviews it ->
                board.running(it.job())
                        .ifPresent(at ->
                                tellKeeper(at.slot(), new SlotCommand.ShowPreviews(at.slot(), at.attempt(), FOLLOWER)));
            case JobBoard.StillOut it -> {
                remember(it.slot(), it.keeper(), now);
                carryOut(board.stillOut(it.slot(), it.attempt(), it.position(), now));
            }
            case JobBoard.Produced produced ->
                acknowledgeAfter(
                        produced.slot(),
                        produced.attempt(),
                        produced.keeper(),
                        board.produced(
                                produced.slot(), produced.attempt(), produced.assets(), produced.timings(), now));
            case JobBoard.AttemptEnded ended ->
                acknowledgeAfter(
                        ended.slot(),
                        ended.attempt(),
                        ended.keeper(),
                        board.ended(ended.slot(), ended.attempt(), ended.end(), now));
            case JobBoard.CancelJob cancel -> onCancelJob(cancel, now);
            case JobBoard.RequeueJob requeue -> {
                Board.Requeue requeued = board.requeue(requeue.job(), now);
                carryOut(requeued.actions());
                requeue.replyTo().tell(requeued.reply());
            }
            case JobBoard.WithdrawModel withdraw -> {
                board.withdrawModel(withdraw.model(), withdraw.reason(), now);
                links.holds()
                        .tell(new HoldLog.Put(new Hold(Hold.Kind.MODEL, withdraw.model(), withdraw.reason(), now)));
                withdraw.replyTo().tell(new JobBoard.ModelReply.Done(board.withdrawn(now)));
            }
            case JobBoard.ReleaseModel release -> onReleaseModel(release, now);
            case JobBoard.NodeReleased released -> carryOut(board.releaseNode(released.node(), now));
            case JobBoard.GetSupply get -> get.replyTo().tell(board.supply(now));
            case JobBoard.GetSnapshot get -> get.replyTo().tell(board.snapshot(now));
            case JobBoard.LedgerReplied replied -> onLedgerReplied(replied.reply(), now);
            case JobBoard.DeliveryReplied replied -> onDeliveryReplied(replied.outcome(), now);
            case JobBoard.KeeperGone gone -> onKeeperGone(gone.keeper(), now);
            case JobBoard.Wake() -> {
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
                around.watch(keeper, new JobBoard.KeeperGone(keeper));
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

    private void onTake(JobBoard.Take take, Instant now) {
        links.feed().tell(new JobFeed.Changed(take.job()));
        carryOut(board.take(take.job(), now));
    }

    private void onCancelJob(JobBoard.CancelJob cancel, Instant now) {
        Optional<List<BoardAction>> actions = board.cancel(cancel.job(), now);
        if (actions.isEmpty()) {
            cancel.replyTo().tell(new JobBoard.CancelReply.NotHere());
            return;
        }
        cancelling.computeIfAbsent(cancel.job(), id -> new ArrayList<>()).add(cancel.replyTo());
        carryOut(actions.get());
    }

    private void onReleaseModel(JobBoard.ReleaseModel release, Instant now) {
        links.holds().tell(new HoldLog.Lift(Hold.Kind.MODEL, release.model()));
        Optional<List<BoardAction>> actions = board.releaseModel(release.model(), now);
        List<WithdrawnModel> withdrawn = board.withdrawn(now);
        release.replyTo()
                .tell(
                        actions.isPresent()
                                ? new JobBoard.ModelReply.Done(withdrawn)
                                : new JobBoard.ModelReply.NotWithdrawn(release.model(), withdrawn));
        actions.ifPresent(this::carryOut);
    }

    private void onLedgerReplied(JobLedger.AppendReply reply, Instant now) {
        switch (reply) {
            case JobLedger.AppendReply.Recorded(Job job) -> {
                links.feed().tell(new JobFeed.Changed(job));
                if (job.state() == JobState.ASSIGNED) {
                    carryOut(board.assigned(job.lastAttempt().orElseThrow(), now));
                }
                job.lastAttempt()
                        .filter(attempt -> !job.state().isOut())
                        .map(unacknowledged::remove)
                        .ifPresent(a -> a.keeper()
                                .tell(new SlotCommand.ResultRecorded(
                                        a.slot(), job.lastAttempt().orElseThrow())));
                if (job.state().isTerminal()) {
                    List<ActorRef<JobBoard.CancelReply>> callers = cancelling.remove(job.id());
                    if (callers != null) {
                        callers.forEach(caller -> caller.tell(new JobBoard.CancelReply.Cancelled(job)));
                    }
                }
            }
            case JobLedger.AppendReply.Refused(var event, String reason) ->
                // Board and ledger fold the same events in the same order, so this is a defect worth shouting about.
                around.log()
                        .atError()
                        .addKeyValue(LogKeys.JOB, event.job().value())
                        .log("The ledger refused {}: {}", event, reason);
        }
    }

    private void onDeliveryReplied(Delivery.Outcome outcome, Instant now) {
        switch (outcome) {
            case Delivery.Outcome.Ended(Job job) -> board.ended(job.id());
            case Delivery.Outcome.Overtaken(JobId job, String reason) -> {
                around.log()
                        .atWarn()
                        .addKeyValue(LogKeys.JOB, job.value())
                        .log("{} was not delivered: {}", job, reason);
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
                    links.ledger().tell(new JobLedger.Append(event, ledgerReplies));
                    around.publish(event);
                }
                case BoardAction.Offer(var slot, var attempt, var request, var deadline, var learned) ->
                    tellKeeper(slot, new SlotCommand.Offer(slot, attempt, request, deadline, learned));
                case BoardAction.Cancel(var slot, var attempt, var reason) ->
                    tellKeeper(slot, new SlotCommand.CancelAttempt(slot, attempt, reason));
                case BoardAction.Withdraw(var model, var reason) ->
                    around.log().error("the model {} is not offered any more for a while: it {}", model, reason);
                case BoardAction.Suspend(var node, var until, var reason) ->
                    around.log()
                            .atWarn()
                            .addKeyValue(LogKeys.NODE, node)
                            .log("{} gets no jobs until {}, after too many failures: {}", node, until, reason);
                case BoardAction.Deliver(var job) -> links.delivery().tell(new Delivery.Deliver(job, deliveryReplies));
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
                        timers.startSingleTimer(WAKE, new JobBoard.Wake(), wait.isNegative() ? Duration.ZERO : wait);
                    },
                    () -> timers.cancel(WAKE));
        }
    }
}
