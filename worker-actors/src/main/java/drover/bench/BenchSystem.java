package drover.bench;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/** Actor systems for benchmarks: local, whatever the application's own configuration says, and quiet. */
final class BenchSystem {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private BenchSystem() {}

    static <T> ActorSystem<T> start(Behavior<T> guardian, String name) {
        var config = ConfigFactory.parseString("""
                pekko.actor.provider = local
                pekko.loglevel = WARNING
                pekko.stdout-loglevel = OFF
                pekko.log-dead-letters = off
                """);
        return ActorSystem.create(guardian, name, config.withFallback(ConfigFactory.defaultReference()));
    }

    static void stop(ActorSystem<?> system) {
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
