package drover.node;

import drover.inference.Engine;
import drover.inference.InferenceActor;
import drover.watchdog.Watchdog;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Whom a {@link Node} works with inside its process. */
public interface NodeCrew {
    /** The watchdog over this node's attempts; called once. If it ends, so does the node. */
    ActorRef<Watchdog.Command> watchdog();

    /**
     * Starts an inference actor.
     *
     * @param events where it tells what happens
     */
    ActorRef<InferenceActor.Command> slot(InferenceActor.Id id, Engine engine, ActorRef<InferenceActor.Event> events);

    /** Children of the node's own actor. */
    static NodeCrew childrenOf(ActorContext<Node.Command> context, Node.Host host) {
        return new NodeCrew() {
            @Override
            public ActorRef<Watchdog.Command> watchdog() {
                ActorRef<Watchdog.Command> watchdog =
                        context.spawn(Watchdog.create("node", host.nanoTime(), host.wall()), "watchdog");
                context.watch(watchdog); // Unhandled, its end is the node's: nobody would notice a stall any more.
                return watchdog;
            }

            @Override
            public ActorRef<InferenceActor.Command> slot(
                    InferenceActor.Id id, Engine engine, ActorRef<InferenceActor.Event> events) {
                return context.spawn(
                        InferenceActor.create(id, engine, host.assets(), events),
                        "slot-" + id.slot() + "-" + id.incarnation());
            }
        };
    }
}
