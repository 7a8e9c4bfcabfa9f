package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.HordeSettings;
import drover.horde.OrderStatus;
import drover.horde.Retries;
import drover.source.server.LocalHorde;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C on {@code drover horde request}, as a real signal to a real process. */
@Tag("processes")
class HordeInterruptProcessTest {
    private static final Pattern ORDERED = Pattern.compile("ordered as (\\S+)");

    @TempDir
    private Path folder;

    private final ActorTestKit kit = ActorTestKit.create();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void theOrderIsWithdrawnAndTheExitCodeSaysSo() throws Exception {
        try (LocalHorde horde = new LocalHorde(kit.system(), LocalHorde.Settings.REAL, Instant::now);
                HostProcess process = new HostProcess(folder, "127.0.0.1")) {
            String key = horde.register("requester", true);
            Files.writeString(process.home.resolve("bridgeData.yaml"), """
                    horde_url: %s
                    api_key: "%s"
                    """.formatted(horde.url(), key));
            process.configure(process.home.resolve("assets"), "horde.bridge-data = [bridgeData.yaml]");
            HordeRequester requester = new HordeRequester(
                    kit.system(),
                    HordeSettings.of(horde.url(), new ApiKey(key), BridgeAgent.parse("test:0:test")),
                    Retries.of(kit.system(), Instant::now, new Random(1)));

            process.start("horde", "request", "a lighthouse", "--out", process.home.toString());
            process.awaitLog("waiting: no worker");
            Matcher ordered = ORDERED.matcher(process.log());
            assertThat(ordered.find()).isTrue();
            assertThat(check(requester, ordered.group(1)).done()).isFalse();
            process.signal("INT");

            assertThat(process.awaitEnd()).isEqualTo(Cli.INTERRUPTED).isEqualTo(130);
            assertThat(process.log()).contains("interrupted; the order is withdrawn");
            assertThat(check(requester, ordered.group(1)).done())
                    .as("withdrawn")
                    .isTrue();
        }
    }

    private static OrderStatus.Check check(HordeRequester requester, String order) throws Exception {
        return switch (requester
                .checkImages(order)
                .toCompletableFuture()
                .get(HostProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            case HordeResult.Ok<OrderStatus.Check>(OrderStatus.Check check) -> check;
            case HordeResult.Failed<OrderStatus.Check> failed -> throw new AssertionError(failed.toString());
        };
    }
}
