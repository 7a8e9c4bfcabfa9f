package drover.cli;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/** Actor systems for the duration of a command: no cluster and no ports, and Ctrl-C is the command's own. */
final class LocalSystem {
    /** How long a command that has done its work waits for anything else. */
    static final Duration GOODBYE = Duration.ofSeconds(5);

    private LocalSystem() {}

    static <T> ActorSystem<T> start(Behavior<T> guardian, String name) {
        return ActorSystem.create(
                guardian,
                name,
                ConfigFactory.parseResources("drover-local.conf")
                        .withFallback(ConfigFactory.defaultReference())
                        .resolve());
    }

    /** Ends it, and waits a moment for that: one that does not end must not keep the user waiting. */
    static void end(ActorSystem<?> system) {
        system.terminate();
        try {
            system.getWhenTerminated().toCompletableFuture().get(GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // What was asked for is done.
            return;
        }
    }
}
