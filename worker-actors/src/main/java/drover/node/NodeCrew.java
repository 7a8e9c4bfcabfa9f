package drover.node;

import drover.inference.Engine;
import drover.inference.InferenceActor;
import drover.inference.Safety;
import drover.safety.SafetyActor;
import drover.safety.SafetyDesk;
import drover.safety.SafetyParts;
import drover.watchdog.Watchdog;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Whom a {@link Node} works with inside its process. */
public interface NodeCrew {
    /** The watchdog over this node's attempts; called once. If it ends, so does the node. */
    ActorRef<Watchdog.Command> watchdog();

    /**
     * Starts what looks at this node's pictures; called once, before the first slot is made. If it ends, so does the node.
     *
     * @param ready hears that it can, if it can
     */
    void safety(ActorRef<SafetyActor.Ready> ready);

    /**
     * Starts an inference actor.
     *
     * @param events where it tells what happens
     */
    ActorRef<InferenceActor.Command> slot(InferenceActor.Id id, Engine engine, ActorRef<InferenceActor.Event> events);

    /** Children of the node's own actor. */
    static NodeCrew childrenOf(ActorContext<Node.Command> context, Node.Host host) {
        return new NodeCrew() {
            private Safety safety = Safety.none();

            @Override
            public ActorRef<Watchdog.Command> watchdog() {
                ActorRef<Watchdog.Command> watchdog =
                        context.spawn(Watchdog.create("node", host.nanoTime(), host.wall()), "watchdog");
                context.watch(watchdog); // Unhandled, its end is the node's: nobody would notice a stall any more.
                return watchdog;
            }

            @Override
            public void safety(ActorRef<SafetyActor.Ready> ready) {
                SafetyParts parts = host.safety();
                ActorRef<SafetyActor.Command> actor =
                        context.spawn(SafetyActor.create(parts.checker(), parts.timeout(), ready), "safety");
                context.watch(actor);
                safety = new SafetyDesk(
                        actor,
                        parts.filter(),
                        parts.timeout(),
                        context.getSystem().scheduler());
            }

            @Override
            public ActorRef<InferenceActor.Command> slot(
                    InferenceActor.Id id, Engine engine, ActorRef<InferenceActor.Event> events) {
                return context.spawn(
                        InferenceActor.create(id, engine, host.assets(), safety, events),
                        "slot-" + id.slot() + "-" + id.incarnation());
            }
        };
    }
}
