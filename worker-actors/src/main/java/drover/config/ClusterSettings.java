package drover.config;

import drover.node.ClusterConfig;
import drover.node.Membership;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where this host's processes and those of other hosts talk to each other.
 *
 * @param member how they do it
 * @param port TCP port that the others reach the control process at; 0 takes a free one
 * @param bindPort the port to listen on, if that is another one
 * @param seeds the control processes to join, as {@code HOST:PORT}; none if there is only this one
 */
public record ClusterSettings(Membership member, int port, OptionalInt bindPort, List<String> seeds) {
    public ClusterSettings {
        seeds = List.copyOf(seeds);
    }

    /** Whether other control processes may take over from this one. */
    public boolean isShared() {
        return !seeds.isEmpty();
    }

    /** This with other members to join. */
    public ClusterSettings joining(List<String> others) {
        return new ClusterSettings(member, port, bindPort, others);
    }

    /** The seeds as addresses of actor systems. */
    List<String> addresses() {
        return seeds.stream()
                .map(seed -> "pekko://" + ClusterConfig.SYSTEM + "@" + seed)
                .toList();
    }
}
