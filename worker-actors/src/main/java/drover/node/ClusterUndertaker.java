package drover.node;

import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Takes the members of ended processes out of the cluster at once. Without it a dead member stays unreachable for tens of
 * seconds, and nobody new can become Up for as long.
 */
final class ClusterUndertaker extends AbstractBehavior<ClusterUndertaker.Command> {
    sealed interface Command {}

    /**
     * The process with this role has ended. It may not be a member, or become one only now, while its last words are
     * still on their way.
     */
    record Bury(String launchRole) implements Command {}

    private record Changed(ClusterEvent.MemberEvent event) implements Command {}

    private final Cluster cluster;
    private final Set<String> dead = new HashSet<>();

    static Behavior<Command> create() {
        return Behaviors.setup(ClusterUndertaker::new);
    }

    private ClusterUndertaker(ActorContext<Command> context) {
        super(context);
        this.cluster = Cluster.get(context.getSystem());
        ActorRef<ClusterEvent.MemberEvent> members =
                context.messageAdapter(ClusterEvent.MemberEvent.class, Changed::new);
        cluster.subscriptions().tell(Subscribe.create(members, ClusterEvent.MemberEvent.class));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Bury(String role) -> dead.add(role);
            case Changed(ClusterEvent.MemberRemoved removed) -> dead.removeIf(removed.member()::hasRole);
            case Changed _ -> {}
        }
        for (Member member : cluster.state().getMembers()) {
            if (isDead(member) && !member.status().equals(MemberStatus.down())) {
                getContext().getLog().debug("taking {} out of the cluster", member);
                cluster.manager().tell(new Down(member.address()));
            }
        }
        return this;
    }

    private boolean isDead(Member member) {
        return dead.stream().anyMatch(member::hasRole);
    }
}
