package drover.source.dreamer;

import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.horde.BridgeAgent;
import drover.inference.AssetStore;
import drover.inference.JobId;
import drover.job.Tenant;
import drover.ledger.JobLedger;
import drover.ledger.OrderBook;
import drover.source.bridge.BridgeData;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What a dreamer stands on.
 *
 * @param connector makes the link to the Horde that the settings name
 * @param agent who it says it is
 * @param tenant whose jobs the Horde's are
 * @param ids names for jobs
 * @param random for jitter
 */
record DreamerLinks(
        ActorRef<OrderBook.Command> book,
        ActorRef<JobLedger.Command> ledger,
        ActorRef<JobBoard.Command> board,
        ActorRef<JobFeed.Command> feed,
        ActorRef<Delivery.Command> delivery,
        AssetStore assets,
        Function<BridgeData, HordeLink> connector,
        Preparations preparations,
        BridgeAgent agent,
        Tenant tenant,
        Supplier<JobId> ids,
        InstantSource clock,
        RandomGenerator random,
        MeterRegistry meters) {
    HordeLink connect(BridgeData data) {
        return connector.apply(data);
    }
}
