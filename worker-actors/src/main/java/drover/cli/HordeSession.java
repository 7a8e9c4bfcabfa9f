package drover.cli;

import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.Downloader;
import drover.horde.HordeClient;
import drover.horde.HordeRequester;
import drover.horde.HordeSettings;
import drover.horde.Retries;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A command's conversation with a Horde: an actor system for its duration. */
final class HordeSession implements AutoCloseable {
    /** Every call has limits of its own; this is beyond all of them. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final ActorSystem<Void> system;
    private final Retries retries;
    private final BridgeAgent agent;

    HordeSession(BridgeAgent agent) {
        this.agent = agent;
        this.system = LocalSystem.start(Behaviors.empty(), "drover-horde");
        this.retries = Retries.of(system, InstantSource.system(), new Random());
    }

    /** Speaks for workers. */
    HordeClient client(HordeAccount account) {
        return new HordeClient(system, settings(account), retries);
    }

    /** Speaks for someone who orders. */
    HordeRequester requester(HordeAccount account) {
        return new HordeRequester(system, settings(account), retries);
    }

    /** Fetches pictures. */
    Downloader downloader(Downloader.Limits limits) {
        return new Downloader(system, limits, retries);
    }

    private HordeSettings settings(HordeAccount account) {
        try {
            return HordeSettings.of(account.url(), new ApiKey(account.key().reveal()), agent);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    /** Waits for an answer. */
    <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw CommandFailure.failed("the Horde did not answer within " + PATIENCE.toMinutes() + " minutes", e);
        }
    }

    @Override
    public void close() {
        LocalSystem.end(system);
    }
}
