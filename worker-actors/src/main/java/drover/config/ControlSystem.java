package drover.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Pekko's own configuration for the control process: what the operator has set, over what Drover always wants. */
public final class ControlSystem {
    /** The name of every actor system of a cluster. */
    public static final String NAME = "drover";

    /** The role of control processes in the cluster. */
    public static final String ROLE = "control";

    /** What a phase of the shutdown gets beyond the deadline of what happens in it. */
    private static final Duration MARGIN = Duration.ofSeconds(15);

    private ControlSystem() {}

    /** The configuration of the control process's actor system. */
    public static Config config(DroverConfig config) {
        Map<String, Object> own = Map.of(
                "pekko.remote.artery.canonical.hostname",
                config.cluster().host(),
                "pekko.remote.artery.canonical.port",
                config.cluster().port(),
                "pekko.cluster.roles",
                List.of(ROLE),
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
        return all.withFallback(ConfigFactory.parseResources("drover-control.conf"))
                .withFallback(ConfigFactory.parseResources("drover-cluster.conf"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
