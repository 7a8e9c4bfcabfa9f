package drover.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pekko's configuration for a member of the cluster, control or GPU process. */
public final class ClusterConfig {
    /** The name of every member's actor system; members of different names would not talk to each other. */
    public static final String SYSTEM = "drover";

    /** The role of control processes. */
    public static final String CONTROL = "control";

    /** The role of processes that keep the nodes of a host without a control process. */
    public static final String HOST = "host";

    /** Words that have to stay out before a member counts as silent. Each costs a process that has nothing to do. */
    private static final int HEARTBEATS = 6;

    /**
     * Rounds of gossip, and of the leader's decisions, in the same time: where others take over, they have to agree
     * first.
     */
    private static final int GOSSIPS = 10;

    /** Streams that make sure, in the same time, that the other end is still the process that they know. */
    private static final int HANDSHAKES = 2;

    private static final Duration OFTENEST = Duration.ofMillis(100);
    private static final Duration SELDOMEST = Duration.ofSeconds(2);

    private ClusterConfig() {}

    /**
     * The settings of {@code drover-cluster.conf} with what differs from member to member.
     *
     * @param port TCP port; 0 takes a free one
     * @param roles what the member is
     * @param seeds addresses of the members to join; none to join nobody by itself
     */
    public static Config of(Membership member, int port, List<String> roles, List<String> seeds) {
        Map<String, Object> own = new HashMap<>();
        own.put("pekko.remote.artery.canonical.hostname", member.bracketed());
        own.put("pekko.remote.artery.canonical.port", port);
        member.bindHost().ifPresent(host -> own.put("pekko.remote.artery.bind.hostname", host));
        own.put("pekko.cluster.roles", roles);
        own.put("pekko.cluster.seed-nodes", seeds);
        Duration silence = member.detection().unreachableAfter();
        own.put("pekko.cluster.failure-detector.acceptable-heartbeat-pause", silence);
        own.put("pekko.cluster.failure-detector.heartbeat-interval", within(silence.dividedBy(HEARTBEATS)));
        own.put("pekko.cluster.unreachable-nodes-reaper-interval", within(silence.dividedBy(HEARTBEATS)));
        own.put("pekko.cluster.gossip-interval", within(silence.dividedBy(GOSSIPS)));
        own.put("pekko.cluster.leader-actions-interval", within(silence.dividedBy(GOSSIPS)));
        own.put("pekko.remote.artery.advanced.inject-handshake-interval", silence.dividedBy(HANDSHAKES));
        own.put(
                "pekko.cluster.split-brain-resolver.stable-after",
                member.detection().removeAfter());
        member.tls().ifPresent(tls -> {
            String keys = "pekko.remote.artery.ssl.rotating-keys-engine.";
            own.put("pekko.remote.artery.transport", "tls-tcp");
            own.put(
                    "pekko.remote.artery.ssl.ssl-engine-provider",
                    "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider");
            own.put(keys + "cert-file", tls.certificate().toString());
            own.put(keys + "key-file", tls.key().toString());
            own.put(keys + "ca-cert-file", tls.ca().toString());
        });
        Config config = ConfigFactory.empty();
        for (Map.Entry<String, Object> e : own.entrySet()) {
            config = config.withValue(e.getKey(), ConfigValueFactory.fromAnyRef(e.getValue()));
        }
        return config.withFallback(ConfigFactory.parseResources("drover-cluster.conf"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }

    private static Duration within(Duration interval) {
        Duration atLeast = interval.compareTo(OFTENEST) < 0 ? OFTENEST : interval;
        return atLeast.compareTo(SELDOMEST) > 0 ? SELDOMEST : atLeast;
    }

    /** The same for a GPU process, with {@code drover-node.conf}; it takes a free port. */
    static Config ofNode(Membership member, List<String> roles, List<String> seeds) {
        return ConfigFactory.parseResources("drover-node.conf").withFallback(of(member, 0, roles, seeds));
    }
}
