package drover.bench;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/** Actor systems for benchmarks: local and quiet, with the timers of Drover's own. */
final class BenchSystem {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String TIMERS = "pekko.scheduler";

    private BenchSystem() {}

    static <T> ActorSystem<T> start(Behavior<T> guardian, String name) {
        var config = ConfigFactory.parseString("""
                pekko.actor.provider = local
                pekko.loglevel = WARNING
                pekko.stdout-loglevel = OFF
                pekko.log-dead-letters = off
                """);
        var timers = ConfigFactory.parseResources("drover-cluster.conf").withOnlyPath(TIMERS);
        return ActorSystem.create(
                guardian, name, config.withFallback(timers).withFallback(ConfigFactory.defaultReference()));
    }

    static void stop(ActorSystem<?> system) {
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
