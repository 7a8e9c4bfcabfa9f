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
import drover.inference.Preview;
import drover.job.AttemptEnd;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.ledger.Hold;
import drover.ledger.HoldLog;
import drover.ledger.JobLedger;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import drover.watchdog.LearnedTimeouts;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * What waits, what runs where, what comes next. The decisions are {@link Board}'s; this actor carries them out: it
 * writes them into the ledger, hands offers to keepers, and tells followers what is on disk.
 *
 * <p>On a single host an offer is not held back until its assignment is on disk: if the control process dies in between,
 * its nodes die with it, and the job is found waiting. Where nodes outlive the board it is held back: else the next board,
 * or one that does not know yet that it has been relieved, would give the same attempt to another node.
 */
public final class JobBoard {
    /** What the board understands. */
    public sealed interface Command {}

    /** What keepers, callers and operators say, maybe in another process. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = SlotIdle.class, name = "slot-idle"),
        @JsonSubTypes.Type(value = SlotGone.class, name = "slot-gone"),
        @JsonSubTypes.Type(value = Advanced.class, name = "advanced"),
        @JsonSubTypes.Type(value = StillOut.class, name = "still-out"),
        @JsonSubTypes.Type(value = Previewed.class, name = "previewed"),
        @JsonSubTypes.Type(value = ShowPreviews.class, name = "show-previews"),
        @JsonSubTypes.Type(value = Produced.class, name = "produced"),
        @JsonSubTypes.Type(value = AttemptEnded.class, name = "attempt-ended"),
        @JsonSubTypes.Type(value = CancelJob.class, name = "cancel-job"),
        @JsonSubTypes.Type(value = RequeueJob.class, name = "requeue-job"),
        @JsonSubTypes.Type(value = WithdrawModel.class, name = "withdraw-model"),
        @JsonSubTypes.Type(value = ReleaseModel.class, name = "release-model"),
        @JsonSubTypes.Type(value = NodeReleased.class, name = "node-released"),
        @JsonSubTypes.Type(value = GetSnapshot.class, name = "get-snapshot")
    })
    public sealed interface Word extends Command, CborSerializable {}

    /**
     * From a keeper: the slot has nothing to do and asks for work. Safe to repeat; the latest word counts.
     *
     * @param models what its engine can run
     * @param resident what is in its memory now
     * @param checks whether it can look at pictures before they leave; without it gets no job that insists on that
     */
    public record SlotIdle(
            SlotId slot, Set<String> models, Set<String> resident, boolean checks, ActorRef<SlotCommand> keeper)
            implements Word {
        public SlotIdle {
            models = Set.copyOf(models);
            resident = Set.copyOf(resident);
        }

        /** A slot that cannot look at pictures. */
        public SlotIdle(SlotId slot, Set<String> models, Set<String> resident, ActorRef<SlotCommand> keeper) {
            this(slot, models, resident, false, keeper);
        }
    }

    /** From a keeper: the slot takes no more work (drain, scale-down, its process is gone). */
    public record SlotGone(SlotId slot) implements Word {}

    /** From a keeper: the attempt has come to this position. */
    public record Advanced(SlotId slot, AttemptId attempt, Position position) implements Word {}

    /**
     * From a keeper, again and again: the attempt is out with the slot, and has come to this position. A board that has
     * taken over from another one learns so what goes on. One that does not want the attempt any more has it cancelled.
     */
    public record StillOut(SlotId slot, AttemptId attempt, Optional<Position> position, ActorRef<SlotCommand> keeper)
            implements Word {}

    /** From a keeper: how a picture of the attempt looks now. Only passed on. */
    public record Previewed(AttemptId attempt, Preview preview) implements Word {}

    /** From a caller who wants to see how the job's pictures come along; to be said again every few seconds. */
    public record ShowPreviews(JobId job) implements Word {}

    /** From a keeper: the attempt's results are in the asset store. Answered by {@code ResultRecorded}. */
    public record Produced(
            SlotId slot, AttemptId attempt, List<AssetRef> assets, AttemptTimings timings, ActorRef<SlotCommand> keeper)
            implements Word {
        public Produced {
            assets = List.copyOf(assets);
        }
    }

    /** From a keeper: the attempt ended without a result. Answered by {@code ResultRecorded}. */
    public record AttemptEnded(SlotId slot, AttemptId attempt, AttemptEnd end, ActorRef<SlotCommand> keeper)
            implements Word {}

    /** From a caller: stop working on the job. */
    public record CancelJob(JobId job, ActorRef<CancelReply> replyTo) implements Word {}

    /** From an operator: take the job from the slot that runs it and put it back by its age. Safe to repeat. */
    public record RequeueJob(JobId job, ActorRef<RequeueReply> replyTo) implements Word {}

    /** From an operator: offer the model to no node until it is released. What runs goes on. */
    public record WithdrawModel(String model, String reason, ActorRef<ModelReply> replyTo) implements Word {}

    /** From an operator: offer the model again, whatever took it out. */
    public record ReleaseModel(String model, ActorRef<ModelReply> replyTo) implements Word {}

    /** From a keeper: an operator has released the node, so its failures are forgotten here too. */
    public record NodeReleased(String node) implements Word {}

    /** From an inspector: what is going on. */
    public record GetSnapshot(ActorRef<Snapshot> replyTo) implements Word {}

    /** From a source of jobs in this process: what could be done now. */
    public record GetSupply(ActorRef<Supply> replyTo) implements Command {}

    /** A job that is on disk and not at its end; newly accepted, or found again after a restart. */
    record Take(Job job) implements Command {}

    record LedgerReplied(JobLedger.AppendReply reply) implements Command {}

    record DeliveryReplied(Delivery.Outcome outcome) implements Command {}

    record KeeperGone(ActorRef<SlotCommand> keeper) implements Command {}

    record Wake() implements Command {}

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

    /**
     * Whom the board talks to.
     *
     * @param ledger gives it its jobs, and writes down what it decides
     * @param holds keeps which models operators have withdrawn
     */
    public record Links(
            ActorRef<JobLedger.Command> ledger,
            ActorRef<JobFeed.Command> feed,
            ActorRef<Delivery.Command> delivery,
            ActorRef<HoldLog.Command> holds) {}

    /**
     * A board that gets its jobs from its ledger.
     *
     * @param held what operators have taken out so far; of this only the models matter here
     * @param clock wall clock, for deadlines and the record
     */
    public static Behavior<Command> create(Links links, BoardSettings settings, List<Hold> held, InstantSource clock) {
        return RulesActor.create(JobBoard.class, around -> rules(around, links, settings, held, clock));
    }

    /** The rules of {@link #create}'s actor. */
    public static Rules<Command> rules(
            Surroundings<Command> around, Links links, BoardSettings settings, List<Hold> held, InstantSource clock) {
        return new BoardLife(around, links, settings, held, clock);
    }

    private JobBoard() {}
}
