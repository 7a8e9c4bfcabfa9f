package drover.cli;

import com.github.f4b6a3.uuid.UuidCreator;
import drover.client.ConfigView;
import drover.client.ReloadView;
import drover.config.ConfigEntry;
import drover.config.ConfigLoader;
import drover.config.ConfigReload;
import drover.config.DroverConfig;
import drover.config.LoadedConfig;
import drover.control.ControlProcess;
import drover.ledger.LedgerException;
import drover.logging.Logging;
import drover.management.Journal;
import drover.management.ManagementContext;
import drover.management.ManagementServer;
import drover.management.Operator;
import drover.node.NodeSupervisor;
import drover.report.ReportDesk;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A control process as {@code drover up} runs it: with the operator's API, signals and reload, to its end. */
final class RunningDrover {
    private static final Logger log = LoggerFactory.getLogger(RunningDrover.class);

    private final Cli cli;
    private final DroverConfig config;
    private final ConfigReload configReload;
    private final boolean onlyNodes;
    private final UnaryOperator<DroverConfig> adjust;
    private final AtomicBoolean ending = new AtomicBoolean();

    /** A host with a public API and a job database. */
    static RunningDrover whole(Cli cli, Optional<Path> file, LoadedConfig loaded, DroverConfig config) {
        return new RunningDrover(cli, file, loaded, config, false, UnaryOperator.identity());
    }

    /**
     * A host that only has nodes.
     *
     * @param adjust what the command line says over the file, also when that is read again
     */
    static RunningDrover joined(
            Cli cli,
            Optional<Path> file,
            LoadedConfig loaded,
            DroverConfig config,
            UnaryOperator<DroverConfig> adjust) {
        return new RunningDrover(cli, file, loaded, config, true, adjust);
    }

    private RunningDrover(
            Cli cli,
            Optional<Path> file,
            LoadedConfig loaded,
            DroverConfig config,
            boolean onlyNodes,
            UnaryOperator<DroverConfig> adjust) {
        this.cli = cli;
        this.config = config;
        this.onlyNodes = onlyNodes;
        this.adjust = adjust;
        this.configReload = new ConfigReload(new ConfigLoader(cli.home(), cli.environment()), file, loaded);
    }

    /** Runs until it is told to end, and gives the exit code. */
    int run() {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ControlProcess control = start(meters);
        listenToSignals(
                control,
                new Journal(
                        control.tree().audit(),
                        RunningDrover::newId,
                        config.nodes().engine().clock(),
                        control.system()));
        try {
            open(control, meters);
        } catch (CommandFailure e) {
            control.stop().toCompletableFuture().join();
            throw e;
        }
        control.whenEnded().toCompletableFuture().join();
        if (ending.get()) {
            log.info("ended in good order");
            return Cli.DONE;
        }
        if (control.isRemoved()) {
            String why =
                    "ended because the other hosts have removed this one from the cluster: it was silent or cut off for"
                            + " longer than drover.cluster.unreachable-after; its jobs go on elsewhere. Start it again";
            log.error(why);
            throw CommandFailure.failed(why);
        }
        throw CommandFailure.failed("ended because a part that it cannot do without has failed; the log says which");
    }

    private ControlProcess start(PrometheusMeterRegistry meters) {
        try {
            return onlyNodes ? ControlProcess.join(config) : ControlProcess.start(config, cli.environment(), meters);
        } catch (LedgerException | IOException | RuntimeException e) {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            log.debug("the start failed", e);
            throw CommandFailure.failed("could not start: " + cause.getMessage(), cause);
        }
    }

    /** Opens both ports. */
    private void open(ControlProcess control, PrometheusMeterRegistry meters) {
        ManagementContext context = new ManagementContext(
                control.tree().nodes(),
                control.tree().watchdog(),
                control.tree().board(),
                control.tree().ledger(),
                control.tree().incidents(),
                control.tree().audit(),
                control.tree().horde(),
                onlyNodes ? Optional.empty() : Optional.of(reports(control)),
                RunningDrover::newId,
                meters,
                () -> reload(control),
                this::configInForce,
                () -> drain(control),
                config.nodes().engine().clock());
        opened(
                "drover.management.port",
                config.management().port(),
                ManagementServer.start(config.management(), context, control.system()));
        if (onlyNodes) {
            log.info("ready: taking work from {}", config.cluster().seeds());
            return;
        }
        try {
            ServerBinding binding = opened("drover.http.port", config.http().port(), control.listen(config));
            log.info(
                    "ready: jobs at http://{}:{}",
                    config.http().host(),
                    binding.localAddress().getPort());
        } catch (IOException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
        }
    }

    /** Ended with the ports, while the job database is open. */
    private ReportDesk reports(ControlProcess control) {
        ReportDesk desk = new ReportDesk(
                config.ledger(),
                config.http().limits().maxDeadline(),
                config.nodes().engine().clock(),
                System::nanoTime);
        CoordinatedShutdown.get(control.system())
                .addTask(
                        CoordinatedShutdown.PhaseServiceUnbind(),
                        "end-reports",
                        () -> CompletableFuture.supplyAsync(() -> {
                            desk.close();
                            return Done.getInstance();
                        }));
        return desk;
    }

    private static String newId() {
        return UuidCreator.getTimeOrderedEpoch().toString();
    }

    private static ServerBinding opened(String key, int port, CompletionStage<ServerBinding> binding) {
        try {
            return binding.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw CommandFailure.failed(
                    "port " + port + " cannot be had: " + rootOf(e).getMessage() + "; end what holds it, or set " + key,
                    e);
        }
    }

    private void listenToSignals(ControlProcess control, Journal journal) {
        Signals.register("INT", () -> onSignal(control, journal, "SIGINT"));
        Signals.register("TERM", () -> onSignal(control, journal, "SIGTERM"));
        Signals.register("HUP", () -> {
            ReloadView view = reload(control);
            String result = view.applied() ? "done" : "refused: " + String.join("; ", view.problems());
            journal.write(signal("SIGHUP"), new Journal.Change("reload", "configuration", Optional.empty()), result);
        });
    }

    private static Operator signal(String name) {
        return new Operator(name, Optional.empty());
    }

    /** The first signal drains, the second one does not wait for it. */
    private void onSignal(ControlProcess control, Journal journal, String signal) {
        if (!ending.compareAndSet(false, true)) {
            cli.err().println("drover up: ending at once");
            Logging.stop();
            Runtime.getRuntime().halt(Cli.INTERRUPTED);
        }
        // Written down first: the database closes with everything else.
        journal.write(signal(signal), new Journal.Change("drain", "everything", Optional.empty()), "done")
                .thenRun(() -> stop(control));
    }

    private void drain(ControlProcess control) {
        if (ending.compareAndSet(false, true)) {
            stop(control);
        }
    }

    private static void stop(ControlProcess control) {
        log.info("draining: no new work; running jobs finish or are handed back; a second signal ends it at once");
        control.stop().whenComplete((done, failure) -> {
            if (failure != null) {
                log.warn("not everything ended as it should", failure);
            }
        });
    }

    private ReloadView reload(ControlProcess control) {
        ConfigReload.Result result = configReload.reload(read -> {
            DroverConfig next = adjust.apply(read);
            Logging.setLevels(next.logging().levels());
            control.tree().nodes().tell(new NodeSupervisor.Reconfigure(next.nodes()));
            control.lookForModels();
        });
        boolean applied = result.problems().isEmpty();
        if (!applied) {
            log.warn("the configuration stays as it was: {}", String.join("; ", result.problems()));
        } else if (result.restartNeeded().isEmpty()) {
            log.info("the configuration has been read again and is in force");
        } else {
            log.warn(
                    "the configuration has been read again; these take effect only with a restart: {}",
                    String.join(", ", result.restartNeeded()));
        }
        return new ReloadView(applied, result.problems(), result.restartNeeded());
    }

    private ConfigView configInForce() {
        return new ConfigView(configReload.effective().stream()
                .map(setting -> new ConfigView.SettingView(
                        setting.inForce().key(),
                        setting.inForce().value(),
                        setting.inForce().origin(),
                        setting.afterRestart().map(ConfigEntry::value)))
                .toList());
    }

    private static Throwable rootOf(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
