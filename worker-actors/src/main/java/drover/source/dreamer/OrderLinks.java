package drover.source.dreamer;

import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.horde.HordeClient;
import drover.horde.Uploader;
import drover.inference.AssetStore;
import drover.job.Tenant;
import drover.ledger.JobLedger;
import drover.ledger.OrderBook;
import drover.source.bridge.BridgeData;
import drover.source.skills.Skills;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Whom an order talks to.
 *
 * @param content what the worker draws
 * @param skills what can be done of that which has names of the Horde's own
 * @param tenant whose jobs the Horde's are
 * @param dreamer hears how its orders go
 */
record OrderLinks(
        ActorRef<OrderBook.Command> book,
        ActorRef<JobLedger.Command> ledger,
        ActorRef<JobBoard.Command> board,
        ActorRef<JobFeed.Command> feed,
        ActorRef<Delivery.Command> delivery,
        AssetStore assets,
        HordeClient client,
        Uploader uploader,
        Preparations preparations,
        BridgeData.Content content,
        Skills skills,
        Tenant tenant,
        InstantSource clock,
        ActorRef<OrderWord> dreamer) {
    /** Those of a dreamer, with what is its own. */
    static OrderLinks of(DreamerLinks links, HordeLink horde, DreamerSetup setup, ActorRef<OrderWord> dreamer) {
        return new OrderLinks(
                links.book(),
                links.ledger(),
                links.board(),
                links.feed(),
                links.delivery(),
                links.assets(),
                horde.client(),
                horde.uploader(),
                links.preparations(),
                setup.data().content(),
                setup.skills(),
                links.tenant(),
                links.clock(),
                dreamer);
    }
}
