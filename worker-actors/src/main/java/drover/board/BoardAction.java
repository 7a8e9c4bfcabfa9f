package drover.board;

import drover.inference.AttemptId;
import drover.inference.InferenceRequest;
import drover.job.Job;
import drover.job.JobEvent;
import drover.watchdog.LearnedLimit;
import java.time.Instant;
import java.util.List;

/** What {@link Board} wants done; the actor, or a simulator, does it in the given order. */
sealed interface BoardAction {
    /** Write this into the ledger. */
    record Write(JobEvent event) implements BoardAction {}

    /** Hand the attempt to the slot. */
    record Offer(SlotId slot, AttemptId attempt, InferenceRequest request, Instant deadline, List<LearnedLimit> learned)
            implements BoardAction {}

    /** Tell the slot to stop working on the attempt. */
    record Cancel(SlotId slot, AttemptId attempt, String reason) implements BoardAction {}

    /** Hand the finished job to the delivery. */
    record Deliver(Job job) implements BoardAction {}

    /** Tell the operator that the model is not offered any more. */
    record Withdraw(String model, String reason) implements BoardAction {}

    /** Tell the operator that the node gets no jobs until then. */
    record Suspend(String node, Instant until, String reason) implements BoardAction {}
}
