package drover.control;

import java.util.Optional;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Where the dispatch was that this host has last spoken to. The line writes it down, and a dispatch that starts here
 * asks: only the host that it has itself seen in office, and then removed from the cluster, may be made to let go of the
 * job database. A host that comes up alone, cut off from the others, has seen none and can take nothing from them.
 */
final class LastDispatch {
    private volatile Optional<Address> address = Optional.empty();

    void spokenTo(ActorRef<Dispatch.Command> dispatch) {
        Address there = dispatch.path().address();
        address = there.hasGlobalScope() ? Optional.of(there) : Optional.empty();
    }

    /** Its host, if that is another one and no longer a member; as {@link Address#hostPort} has it. */
    Optional<String> removed(Cluster cluster) {
        return address.filter(last -> StreamSupport.stream(
                                cluster.state().getMembers().spliterator(), false)
                        .noneMatch(member -> member.address().equals(last)))
                .map(Address::hostPort);
    }
}
