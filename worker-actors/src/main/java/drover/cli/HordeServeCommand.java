package drover.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.client.DroverJson;
import drover.config.DroverConfig;
import drover.source.server.LocalHorde;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover horde serve}: a Horde on this machine, to try a worker with before it meets the public one. */
@Command(
        name = "serve",
        description = "Be a Horde of your own on loopback, to try a worker with. Ctrl-C ends it; nothing is kept.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class HordeServeCommand implements Callable<Integer> {
    private static final String BASELINE = "stable diffusion 1";
    private static final int MAX_PORT = 65_535;

    private final Cli cli;

    @Option(names = "--port", description = "Of loopback; 0: a free one. Default ${DEFAULT-VALUE}.")
    private int port = 7627;

    @Option(
            names = "--model",
            paramLabel = "NAME[:BASELINE]",
            description = "A model that it knows, of the baseline '" + BASELINE
                    + "' if none is named. Several; without any, those on this machine's disk.")
    private List<String> models = List.of();

    @Option(names = "--json", description = "Say where it is as one line of JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    /** Where it is, and who may ask it for what. The keys are good for nothing else. */
    private record Welcome(String url, String workerKey, String requesterKey, String reference, String books) {
        String text(int models) {
            return """
                    A Horde of %d models. In the worker's bridgeData.yaml:
                      horde_url: %s
                      api_key: "%s"
                    In its drover.conf, with a name that the Horde's table has, such as one of the README's:
                      drover.horde { model-reference = "%s", bridge-agent = "NAME:VERSION:CONTACT" }
                    To order from it, a bridgeData.yaml with the same horde_url and
                      api_key: "%s"
                    What became of each picture: %s""".formatted(models, url, workerKey, reference, requesterKey, books);
        }
    }

    HordeServeCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() throws InterruptedException {
        common.applyVerbosity();
        if (port < 0 || port > MAX_PORT) {
            throw CommandFailure.usage("--port must be 0 to " + MAX_PORT + ", but was " + port);
        }
        Map<String, String> known = known(cli.config(common.config()));
        ActorSystem<Void> system = LocalSystem.start(Behaviors.empty(), "drover-local-horde");
        try (LocalHorde horde =
                new LocalHorde(system, LocalHorde.Settings.REAL.withModels(known), InstantSource.system(), port)) {
            Welcome welcome = new Welcome(
                    horde.url(),
                    horde.register("worker", true),
                    horde.register("requester", true),
                    horde.origin() + LocalHorde.REFERENCE,
                    horde.origin() + LocalHorde.BOOKS);
            cli.out().println(json ? DroverJson.mapper().writeValueAsString(welcome) : welcome.text(known.size()));
            cli.out().flush();
            CountDownLatch end = new CountDownLatch(1);
            Signals.register("INT", end::countDown);
            Signals.register("TERM", end::countDown);
            end.await();
            return Cli.DONE;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts can always be written as JSON", e);
        } catch (IOException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
        } finally {
            system.terminate();
        }
    }

    private Map<String, String> known(DroverConfig config) {
        Map<String, String> known = new TreeMap<>();
        for (String model : models) {
            int colon = model.indexOf(':');
            known.put(colon < 0 ? model : model.substring(0, colon), colon < 0 ? BASELINE : model.substring(colon + 1));
        }
        if (models.isEmpty()) {
            HordeCommand.onDisk(config).keySet().forEach(name -> known.put(name, BASELINE));
        }
        return known;
    }
}
