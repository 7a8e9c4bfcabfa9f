package drover.delivery;

import drover.feed.JobFeed;
import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.JobId;
import drover.job.Fault;
import drover.job.Job;
import drover.job.JobEvent;
import drover.ledger.JobLedger;
import drover.logging.LogKeys;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Brings finished results to whoever ordered them. A job of the public API is delivered when its results are there to be
 * fetched: so they are looked for, and the last word is written into the ledger. One of a source is handed over to that
 * source, and delivered when the source has answered its order. Nothing here ever deletes a result.
 */
public final class Delivery implements Rules<Delivery.Command> {
    /** What the delivery understands. */
    public sealed interface Command {}

    /**
     * From the board: the job is {@code PRODUCED}; bring it to its end. Safe to repeat. The followers of the job are told
     * by the delivery; whatever else follows is the board's.
     */
    public record Deliver(Job job, ActorRef<Outcome> replyTo) implements Command {}

    /** From the source of orders: results of jobs that came through it go to it from now on. */
    public record Register(ActorRef<HandOver> sources) implements Command {}

    /** To the source of orders: the results of this job are there; answer its order. */
    public record HandOver(Job job) {}

    /**
     * From the source of orders: the order has been answered.
     *
     * @param fault why not one of its parts was delivered; empty if one was
     */
    public record HandedOver(JobId job, Optional<Fault> fault) implements Command {}

    /** Answers to {@link Deliver}. */
    public sealed interface Outcome {
        /** The job has come to its end, and that is on disk. */
        record Ended(Job job) implements Outcome {}

        /** Its results are gone or damaged; nothing was recorded. The job has to be made again. */
        record ResultLost(Job job, String reason) implements Outcome {}

        /** The ledger does not allow it: the job has come to another end meanwhile. */
        record Overtaken(JobId job, String reason) implements Outcome {}
    }

    private record Checked(Job job, List<String> missing) implements Command {}

    private record CheckFailed(Job job, Throwable cause) implements Command {}

    private record Check(Job job) implements Command {}

    private record HandOverAgain() implements Command {}

    private record LedgerReplied(JobLedger.AppendReply reply) implements Command {}

    private static final Duration RETRY = Duration.ofSeconds(5);

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final AssetStore assets;
    private final ActorRef<JobLedger.Command> ledger;
    private final ActorRef<JobFeed.Command> feed;
    private final InstantSource clock;
    private final Executor blocking;
    private final ActorRef<JobLedger.AppendReply> ledgerReplies;
    private final Map<JobId, ActorRef<Outcome>> underWay = new HashMap<>();
    private final Map<JobId, Job> handedOver = new LinkedHashMap<>();
    private Optional<ActorRef<HandOver>> sources = Optional.empty();

    /** Delivers from this store. */
    public static Behavior<Command> create(
            AssetStore assets,
            ActorRef<JobLedger.Command> ledger,
            ActorRef<JobFeed.Command> feed,
            InstantSource clock) {
        return RulesActor.create(Delivery.class, around -> new Delivery(around, assets, ledger, feed, clock));
    }

    /** The rules of {@link #create}'s actor. */
    public Delivery(
            Surroundings<Command> around,
            AssetStore assets,
            ActorRef<JobLedger.Command> ledger,
            ActorRef<JobFeed.Command> feed,
            InstantSource clock) {
        this.around = around;
        this.timers = around.timers();
        this.assets = assets;
        this.ledger = ledger;
        this.feed = feed;
        this.clock = clock;
        this.blocking = around.blocking();
        this.ledgerReplies = around.adapter(JobLedger.AppendReply.class, LedgerReplied::new);
    }

    @Override
    public boolean hear(Command command) {
        switch (command) {
            case Deliver deliver -> onDeliver(deliver);
            case Check check -> check(check.job());
            case Checked checked -> onChecked(checked);
            case CheckFailed failed -> onCheckFailed(failed);
            case LedgerReplied replied -> onLedgerReplied(replied.reply());
            case Register(ActorRef<HandOver> registered) -> {
                sources = Optional.of(registered);
                handOver();
            }
            case HandedOver answered -> onHandedOver(answered);
            case HandOverAgain again -> {
                handOver();
                if (!handedOver.isEmpty()) {
                    timers.startSingleTimer(again, again, RETRY);
                }
            }
        }
        return true;
    }

    /** Says it again: a source that has just been started anew may not know of it. */
    private void handOver() {
        sources.ifPresent(to -> handedOver.values().forEach(job -> to.tell(new HandOver(job))));
    }

    private void onHandedOver(HandedOver answered) {
        if (handedOver.remove(answered.job()) != null) {
            JobEvent end = answered.fault()
                    .<JobEvent>map(fault -> new JobEvent.Faulted(answered.job(), clock.instant(), fault))
                    .orElseGet(() -> new JobEvent.Delivered(answered.job(), clock.instant()));
            ledger.tell(new JobLedger.Append(end, ledgerReplies));
        }
    }

    private void onDeliver(Deliver deliver) {
        Job job = deliver.job();
        if (underWay.put(job.id(), deliver.replyTo()) == null) {
            check(job);
        }
    }

    private void check(Job job) {
        around.pipe(
                CompletableFuture.supplyAsync(() -> missing(job), blocking),
                (missing, failure) -> failure == null ? new Checked(job, missing) : new CheckFailed(job, failure));
    }

    /** A store that cannot be read now says nothing about its results: they are looked for until it can. */
    private void onCheckFailed(CheckFailed failed) {
        about(around.log().atWarn(), failed.job())
                .log(
                        "the results of {} cannot be looked for, trying again in {} s: {}",
                        failed.job().id(),
                        RETRY.toSeconds(),
                        failed.cause().getMessage());
        timers.startSingleTimer(failed.job().id(), new Check(failed.job()), RETRY);
    }

    private static LoggingEventBuilder about(LoggingEventBuilder line, Job job) {
        LoggingEventBuilder keyed = line.addKeyValue(LogKeys.JOB, job.id().value());
        return job.lastAttempt()
                .map(attempt -> keyed.addKeyValue(LogKeys.ATTEMPT, attempt.number()))
                .orElse(keyed);
    }

    private List<String> missing(Job job) {
        return job.assets().stream()
                .filter(asset -> !assets.holds(asset))
                .map(AssetRef::key)
                .toList();
    }

    private void onChecked(Checked checked) {
        Job job = checked.job();
        if (checked.missing().isEmpty() && job.source().isPresent()) {
            handedOver.put(job.id(), job);
            sources.ifPresent(to -> to.tell(new HandOver(job)));
            HandOverAgain again = new HandOverAgain();
            if (!timers.isTimerActive(again)) {
                timers.startSingleTimer(again, again, RETRY);
            }
        } else if (checked.missing().isEmpty()) {
            ledger.tell(new JobLedger.Append(new JobEvent.Delivered(job.id(), clock.instant()), ledgerReplies));
        } else {
            String reason = "The asset store no longer holds " + String.join(", ", checked.missing());
            about(around.log().atWarn(), job).log("{} cannot be delivered: {}", job.id(), reason);
            answer(job.id(), new Outcome.ResultLost(job, reason));
        }
    }

    private void onLedgerReplied(JobLedger.AppendReply reply) {
        switch (reply) {
            case JobLedger.AppendReply.Recorded(Job job) -> {
                feed.tell(new JobFeed.Changed(job));
                answer(job.id(), new Outcome.Ended(job));
            }
            case JobLedger.AppendReply.Refused(JobEvent event, String reason) ->
                answer(event.job(), new Outcome.Overtaken(event.job(), reason));
        }
    }

    private void answer(JobId job, Outcome outcome) {
        ActorRef<Outcome> caller = underWay.remove(job);
        if (caller != null) {
            caller.tell(outcome);
        }
    }
}
