package drover.http;

import drover.board.JobBoard;
import drover.feed.JobFeed;
import drover.inference.AssetStore;
import drover.inference.JobId;
import drover.inference.SafetyPolicy;
import drover.ledger.JobLedger;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the public API stands on.
 *
 * @param ledger takes jobs on and reads them
 * @param board cancels jobs
 * @param feed tells what happens to jobs
 * @param assets where results are read
 * @param models what can be asked for
 * @param clock the time
 * @param ids makes job ids, time-ordered; called by many threads
 * @param seeds makes seeds for requests without one, 0 to 2^32-1; called by many threads
 * @param safety what is looked after in pictures; nothing if empty
 * @param faults whether requests may ask for a fault, as they may with the fault engine only
 */
public record ApiContext(
        ActorRef<JobLedger.Command> ledger,
        ActorRef<JobBoard.Command> board,
        ActorRef<JobFeed.Command> feed,
        AssetStore assets,
        ModelDefaults models,
        InstantSource clock,
        Supplier<JobId> ids,
        LongSupplier seeds,
        Optional<SafetyPolicy> safety,
        boolean faults) {}
