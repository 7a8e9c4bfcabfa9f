package drover.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import drover.node.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Pekko's own configuration for the control process: what the operator has set, over what Drover always wants. */
public final class ControlSystem {
    /** What a phase of the shutdown gets beyond the deadline of what happens in it. */
    private static final Duration MARGIN = Duration.ofSeconds(15);

    /** For sources of jobs to answer what they have taken, when all is being stopped. */
    public static final Duration FINISH = Duration.ofSeconds(30);

    private ControlSystem() {}

    /**
     * The configuration of the actor system of a host's first process.
     *
     * @param control whether it is a control process, and not one that only has nodes
     */
    public static Config config(DroverConfig config, boolean control) {
        Map<String, Object> own = Map.of(
                "pekko.http.server.parsing.max-content-length",
                config.http().maxBody(),
                "pekko.coordinated-shutdown.phases.service-requests-done.timeout",
                config.nodes().limits().drain().plus(MARGIN).toMillis() + "ms",
                // What is drawn is uploaded, and what is not is faulted at the Horde.
                "pekko.coordinated-shutdown.phases.service-stop.timeout",
                FINISH.toMillis() + "ms",
                "pekko.coordinated-shutdown.phases.before-cluster-shutdown.timeout",
                MARGIN.toMillis() + "ms");
        Config all = ConfigFactory.empty();
        for (Map.Entry<String, Object> entry : own.entrySet()) {
            all = all.withValue(entry.getKey(), ConfigValueFactory.fromAnyRef(entry.getValue()));
        }
        ClusterSettings cluster = config.cluster();
        if (cluster.isShared()) {
            // The first of the seeds starts a cluster of its own if none of the others answers for this long.
            all = all.withValue("pekko.cluster.seed-node-timeout", ConfigValueFactory.fromAnyRef("3s"));
        }
        if (cluster.bindPort().isPresent()) {
            all = all.withValue(
                    "pekko.remote.artery.bind.port",
                    ConfigValueFactory.fromAnyRef(cluster.bindPort().getAsInt()));
        }
        return all.withFallback(ConfigFactory.parseResources("drover-control.conf"))
                .withFallback(ClusterConfig.of(
                        cluster.member(),
                        cluster.port(),
                        List.of(control ? ClusterConfig.CONTROL : ClusterConfig.HOST),
                        cluster.addresses()));
    }
}
