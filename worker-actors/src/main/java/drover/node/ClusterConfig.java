package drover.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Pekko's configuration for a member of the cluster, control or GPU process. */
public final class ClusterConfig {
    /** The name of every member's actor system; members of different names would not talk to each other. */
    public static final String SYSTEM = "drover";

    /** The role of control processes. */
    public static final String CONTROL = "control";

    private ClusterConfig() {}

    /**
     * The settings of {@code drover-cluster.conf} with what differs from member to member.
     *
     * @param host name or address to listen on and to be reached at
     * @param port TCP port; 0 takes a free one
     * @param roles what the member is
     * @param seed address of the member to join, if not itself
     */
    public static Config of(String host, int port, List<String> roles, Optional<String> seed) {
        Map<String, Object> own = Map.of(
                "pekko.remote.artery.canonical.hostname", host,
                "pekko.remote.artery.canonical.port", port,
                "pekko.cluster.roles", roles,
                "pekko.cluster.seed-nodes", seed.map(List::of).orElse(List.of()));
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, Object> e : own.entrySet()) {
            config = config.withValue(e.getKey(), ConfigValueFactory.fromAnyRef(e.getValue()));
        }
        return config.withFallback(ConfigFactory.parseResources("drover-cluster.conf"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }

    /** The same for a GPU process, with {@code drover-node.conf}; it takes a free port. */
    static Config ofNode(String host, List<String> roles, Optional<String> seed) {
        return ConfigFactory.parseResources("drover-node.conf").withFallback(of(host, 0, roles, seed));
    }
}
