package drover.cli;

import static org.awaitility.Awaitility.await;

import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.HordeError;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.HordeSettings;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.OrderAccepted;
import drover.horde.Retries;
import drover.inference.Phase;
import drover.inference.fault.Trace;
import drover.source.server.LocalHorde;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.actor.typed.ActorSystem;
import org.awaitility.core.ConditionTimeoutException;

/** {@code drover up} as a real process with the fault engine, that works for a Horde of this test's. */
final class HordeHost implements AutoCloseable {
    static final String AGENT = "AI Horde Worker reGen:13.0.0:https://example.invalid";
    static final String WORKER = "My Worker";

    /** A tiny one, whose verdicts mean nothing. */
    private static final Path CHECKER =
            Path.of("..", "inference-actors", "src", "test", "resources", "fixtures", "safety");

    private static final Pattern STATS = Pattern.compile("popped (\\d+), submitted (\\d+)[^,]*, faulted (\\d+)");

    final LocalHorde horde;
    final HostProcess process;
    private final HordeRequester requester;

    /**
     * @param bridgeData further lines of the worker's file
     * @param more further settings of the process
     */
    HordeHost(ActorSystem<?> system, Path folder, LocalHorde.Settings settings, String bridgeData, String more)
            throws Exception {
        horde = new LocalHorde(system, settings, InstantSource.system());
        process = new HostProcess(folder, "127.0.0.1");
        Path home = process.home;
        Files.writeString(home.resolve("bridgeData.yaml"), """
                        horde_url: %s
                        api_key: "%s"
                        dreamer_name: %s
                        models_to_load: [Deliberate]
                        max_power: 32
                        stats_output_frequency: 5
                        %s
                        """.formatted(
                        horde.url(), horde.register("owner", true), WORKER, bridgeData));
        Files.writeString(home.resolve("reference.json"), "{\"Deliberate\": {\"baseline\": \"stable diffusion 1\"}}");
        process.configure(home.resolve("assets"), """
                fault.models = [Deliberate]
                fault.trace = "trace"
                safety.model = "%s"
                horde {
                  bridge-data = ["bridgeData.yaml"], model-reference = "reference.json", bridge-agent = "%s"
                }
                %s
                """.formatted(CHECKER.toAbsolutePath(), AGENT, more));
        requester = new HordeRequester(
                system,
                HordeSettings.of(
                        horde.url(), new ApiKey(horde.register("requester", true)), BridgeAgent.parse("test:0:test")),
                Retries.of(system, InstantSource.system(), new Random(1)));
    }

    void start() throws IOException {
        process.start("up");
    }

    /** Orders pictures, and gives the order's number. */
    String order(int pictures, int steps) throws Exception {
        HordeResult<OrderAccepted> result = requester
                .order(ImageOrder.of(
                        "a lighthouse",
                        ImageParams.of(512, 512, pictures, Optional.of(steps), Optional.of("42")),
                        List.of("Deliberate")))
                .toCompletableFuture()
                .get(HostProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return switch (result) {
            case HordeResult.Ok<OrderAccepted>(OrderAccepted accepted) ->
                accepted.id().orElseThrow();
            case HordeResult.Failed<OrderAccepted>(HordeError error) -> throw new AssertionError(error.message());
        };
    }

    /** How many denoising steps its nodes have made so far. */
    long steps() throws IOException {
        Path trace = process.home.resolve("trace");
        return Files.exists(trace)
                ? Trace.read(trace).stream()
                        .filter(line -> line.position().phase() == Phase.DENOISING)
                        .count()
                : 0;
    }

    /** Whether the worker has answered all that it had taken, by the last line of its log about that. */
    boolean hasNothingInHand(int since) throws IOException {
        Matcher line = STATS.matcher(process.log().substring(since));
        boolean nothing = false;
        while (line.find()) {
            long popped = Long.parseLong(line.group(1));
            nothing = popped > 0 && popped == Long.parseLong(line.group(2)) + Long.parseLong(line.group(3));
        }
        return nothing;
    }

    /** Waits until everything that was ordered is done, and the worker has nothing in hand. */
    void awaitDone(Duration within) {
        try {
            await().atMost(within).pollInterval(Duration.ofMillis(50)).until(() -> horde.finished());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not done: " + horde.histories() + " " + horde.audit(), e);
        }
    }

    @Override
    public void close() throws IOException {
        process.close();
        horde.close();
    }
}
