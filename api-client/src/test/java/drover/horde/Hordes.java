package drover.horde;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import scala.concurrent.ExecutionContext;

/** What the tests of this package share. */
final class Hordes {
    static final ApiKey KEY = new ApiKey("a-key-that-nobody-may-see");
    static final BridgeAgent AGENT = new BridgeAgent("Drover", "0.1.0", "https://example.invalid/drover");

    /** Long enough for what is to succeed on a loaded machine. */
    static final Duration PATIENT = Duration.ofSeconds(60);

    private Hordes() {}

    static ActorSystem<Void> system() {
        return ActorSystem.create(
                Behaviors.empty(), "horde-test", ConfigFactory.parseString("""
                                pekko.loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
                                pekko.logging-filter = "org.apache.pekko.event.slf4j.Slf4jLoggingFilter"
                                pekko.loglevel = DEBUG
                                pekko.stdout-loglevel = OFF
                                pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off
                                """).withFallback(ConfigFactory.load()));
    }

    static ExecutionContext executor(ActorSystem<?> system) {
        return system.executionContext();
    }

    static HordeSettings settings(MisbehavingServer server) {
        return HordeSettings.of(server.url() + "/api/", KEY, AGENT).withLimits(limits(PATIENT));
    }

    /** With this much time for a call. */
    static HordeSettings.Limits limits(Duration call) {
        return new HordeSettings.Limits(PATIENT, PATIENT, call, call, 1 << 20, 4, 16, Duration.ofSeconds(5));
    }

    static Retries realTime(ActorSystem<?> system) {
        return Retries.of(system, InstantSource.system(), new Random(1));
    }

    static ImagePop pop() {
        return new ImagePop(
                "a worker",
                List.of("Deliberate"),
                AGENT.toString(),
                true,
                1,
                1_048_576,
                1,
                List.of(),
                List.of(),
                false,
                true,
                true,
                true,
                true,
                false,
                false,
                true,
                false,
                false);
    }

    static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(PATIENT.toSeconds() * 2, TimeUnit.SECONDS);
    }

    static <T> HordeError error(CompletionStage<HordeResult<T>> stage) throws Exception {
        return switch (get(stage)) {
            case HordeResult.Ok<T>(T value) -> throw new AssertionError("no error, but " + value);
            case HordeResult.Failed<T>(HordeError error) -> error;
        };
    }

    static <T> T ok(CompletionStage<HordeResult<T>> stage) throws Exception {
        return switch (get(stage)) {
            case HordeResult.Ok<T>(T value) -> value;
            case HordeResult.Failed<T>(HordeError error) -> throw new AssertionError(error.message());
        };
    }
}
