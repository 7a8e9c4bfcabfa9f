package drover.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import drover.node.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Pekko's own configuration for the control process: what the operator has set, over what Drover always wants. */
public final class ControlSystem {
    /** What a phase of the shutdown gets beyond the deadline of what happens in it. */
    private static final Duration MARGIN = Duration.ofSeconds(15);

    private ControlSystem() {}

    /** The configuration of the control process's actor system. */
    public static Config config(DroverConfig config) {
        Map<String, Object> own = Map.of(
                "pekko.http.server.parsing.max-content-length",
                config.http().maxBody(),
                "pekko.coordinated-shutdown.phases.service-requests-done.timeout",
                config.nodes().limits().drain().plus(MARGIN).toMillis() + "ms",
                "pekko.coordinated-shutdown.phases.before-actor-system-terminate.timeout",
                MARGIN.toMillis() + "ms");
        Config all = ConfigFactory.empty();
        for (Map.Entry<String, Object> entry : own.entrySet()) {
            all = all.withValue(entry.getKey(), ConfigValueFactory.fromAnyRef(entry.getValue()));
        }
        ClusterSettings cluster = config.cluster();
        return all.withFallback(ConfigFactory.parseResources("drover-control.conf"))
                .withFallback(ClusterConfig.of(
                        cluster.host(), cluster.port(), List.of(ClusterConfig.CONTROL), Optional.empty()));
    }
}
