package drover.source.dreamer;

import drover.horde.ImageJob;
import drover.inference.JobId;
import drover.job.Job;
import drover.ledger.Order;
import drover.ledger.OrderBook;
import drover.rules.RulesActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** The orders that a dreamer has in hand, an actor for each. One that fails is opened again from the book. */
final class OpenOrders {
    private static final Duration REOPEN = Duration.ofSeconds(5);
    private static final String STOPPED = "the worker is being stopped";

    private final ActorContext<Dreamer.Command> context;
    private final DreamerLinks links;
    private final ActorRef<OrderBook.Found> reopened;
    private final Hand hand = new Hand();
    private final KnownIds ids = new KnownIds();
    private final Map<JobId, ActorRef<DreamerOrder.Command>> orders = new HashMap<>();
    /** Those that only have to be faulted. */
    private final Set<JobId> refused = new HashSet<>();

    private final List<ActorRef<Done>> finishing = new ArrayList<>();

    /**
     * Nothing in hand.
     *
     * @param reopened hears what the book holds of an order that has failed
     */
    OpenOrders(ActorContext<Dreamer.Command> context, DreamerLinks links, ActorRef<OrderBook.Found> reopened) {
        this.context = context;
        this.links = links;
        this.reopened = reopened;
    }

    /**
     * What is known of an order beside what stands in the book.
     *
     * @param job what it says
     * @param model its model
     * @param expected how long such a job takes, if that is known
     */
    record Brief(ImageJob job, KnownModel model, Optional<Duration> expected) {}

    /** What is in hand, summed up. */
    Hand hand() {
        return hand;
    }

    /** What the Horde has given out. */
    KnownIds ids() {
        return ids;
    }

    boolean has(JobId job) {
        return orders.containsKey(job) || refused.contains(job);
    }

    /**
     * Begins to work on an order, or goes on with it.
     *
     * @param recovered whether it was found in the book
     */
    void open(Order order, Brief brief, OrderLinks with, boolean recovered) {
        hand.take(order, brief.job(), brief.model().name());
        ids.taken(idsOf(order));
        ActorRef<DreamerOrder.Command> child = context.spawn(
                RulesActor.create(
                        DreamerOrder.class,
                        around -> new DreamerOrder(
                                around, with, order, brief.job(), brief.model(), brief.expected(), recovered)),
                nameOf(order));
        context.watchWith(child, new Dreamer.OrderLost(order.job()));
        orders.put(order.job(), child);
        if (!finishing.isEmpty()) {
            child.tell(new DreamerOrder.GiveUp(STOPPED));
        }
    }

    /**
     * Faults an order, or goes on with that.
     *
     * @param why for the server
     * @param recovered whether it was found in the book
     */
    void refuse(Order order, String why, OrderLinks with, boolean recovered) {
        ids.taken(idsOf(order));
        refused.add(order.job());
        ActorRef<RefusedOrder.Command> child = context.spawn(
                RulesActor.create(RefusedOrder.class, around -> new RefusedOrder(around, with, order, why, recovered)),
                nameOf(order));
        context.watchWith(child, new Dreamer.OrderLost(order.job()));
    }

    private String nameOf(Order order) {
        return "order-" + order.job().value() + "-" + links.ids().get().value();
    }

    /** The pictures of an order are there, perhaps of one of these. */
    void handOver(Job job) {
        ActorRef<DreamerOrder.Command> order = orders.get(job.id());
        if (order != null) {
            order.tell(new DreamerOrder.Answer(job));
        }
    }

    /** Its actor is gone: it has ended, or it has failed. */
    void gone(JobId job) {
        if (orders.remove(job) != null || refused.remove(job)) {
            context.getLog().error("the order {} has failed; it is opened again", job);
            hand.gone(job);
            context.scheduleOnce(REOPEN, links.book(), new OrderBook.Find(job, reopened));
        }
    }

    void drawn(JobId job) {
        hand.drawn(job);
    }

    /** Each of its parts is answered. */
    void closed(Order order) {
        orders.remove(order.job());
        refused.remove(order.job());
        hand.gone(order.job());
        ids.answered(idsOf(order));
        answerIfFinished();
    }

    /** Faults what is not drawn, and says when nothing is left. */
    void finish(ActorRef<Done> replyTo) {
        finishing.add(replyTo);
        orders.values().forEach(order -> order.tell(new DreamerOrder.GiveUp(STOPPED)));
        answerIfFinished();
    }

    private static List<String> idsOf(Order order) {
        return order.parts().stream().map(Order.Part::id).toList();
    }

    private void answerIfFinished() {
        if (orders.isEmpty() && refused.isEmpty()) {
            finishing.forEach(asker -> asker.tell(Done.getInstance()));
            finishing.clear();
        }
    }
}
