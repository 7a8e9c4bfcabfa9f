package drover.cli;

import drover.config.DroverConfig;
import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.InferenceRequest;
import drover.inference.JobId;
import drover.node.EngineFactory;
import drover.node.GpuDevice;
import drover.node.GpuInventory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;

/** Sets up an engine and an actor system in this process, runs one order, and takes both down again. */
final class SingleRunProcess {
    /** The one job of the process. */
    static final JobId JOB = new JobId("generate");

    private final Cli cli;
    private final DroverConfig config;

    SingleRunProcess(Cli cli, DroverConfig config) {
        this.cli = cli;
        this.config = config;
    }

    /**
     * Runs the request to its end. Ctrl-C cancels it between two steps.
     *
     * @param assets where results go
     */
    SingleRun.Outcome run(InferenceRequest request, AssetStore assets) {
        CompletableFuture<SingleRun.Outcome> outcome = new CompletableFuture<>();
        try (ProgressDisplay progress = ProgressDisplay.on(cli.err(), cli.terminalWidth(), System::nanoTime);
                Engine engine = open(config)) {
            SingleRun.Order order = new SingleRun.Order(
                    new AttemptId(JOB, 1),
                    request,
                    engine,
                    assets,
                    config.nodes().timeouts(),
                    progress::moved,
                    outcome);
            ActorSystem<SingleRun.Command> system = LocalSystem.start(SingleRun.create(order), "drover");
            Thread interrupted = new Thread(() -> onInterrupt(system, outcome), "interrupted");
            Runtime.getRuntime().addShutdownHook(interrupted);
            try {
                SingleRun.Outcome end = outcome.join();
                LocalSystem.end(system);
                return end;
            } finally {
                removeHook(interrupted);
            }
        }
    }

    /** Opens the configured engine on the first of the configured devices; the caller closes it. */
    static Engine open(DroverConfig config) {
        GpuDevice device = GpuInventory.ofThisHost().select(config.nodes().gpus()).stream()
                .findFirst()
                .orElseThrow(() -> CommandFailure.usage("drover.nodes.gpus is none, so nothing can run here; set it, or"
                        + " DROVER_GPUS, to auto or to a list such as [0] or [cpu]"));
        try {
            return EngineFactory.of(
                            config.nodes().engine(),
                            device,
                            config.models(),
                            config.nodes().cacheDir())
                    .open();
        } catch (EngineException e) {
            throw CommandFailure.failed(e.getMessage() + " (" + e.code() + ")", e);
        }
    }

    private static void onInterrupt(
            ActorSystem<SingleRun.Command> system, CompletableFuture<SingleRun.Outcome> outcome) {
        system.tell(new SingleRun.Cancel("interrupted"));
        try {
            outcome.get(LocalSystem.GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            // The process ends in any case; unfinished files are hidden ones, never half a picture.
            return;
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already; then the hook has done its work.
            return;
        }
    }
}
