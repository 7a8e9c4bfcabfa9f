package drover.cli;

import drover.config.DroverConfig;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.ImageSource;
import drover.horde.WorkerDetails;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover horde request}: orders pictures as anybody may, which also shows whether a worker gets and does jobs. */
@Command(
        name = "request",
        description = "Order pictures from the AI Horde.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class HordeRequestCommand implements Callable<Integer> {
    /** What the Horde takes of a source image. */
    private static final int MAX_SOURCE_BYTES = 5_000_000;

    private final Cli cli;

    @Parameters(paramLabel = "PROMPT", description = "What to draw and, behind ###, what to keep away from.")
    private String prompt = "";

    @Option(names = "--model", description = "As the Horde calls it. Several: any of them. None: any at all.")
    private List<String> models = List.of();

    @Option(names = "--width", description = "64 to 3072, a multiple of 64.")
    private Optional<Integer> width = Optional.empty();

    @Option(names = "--height", description = "64 to 3072, a multiple of 64.")
    private Optional<Integer> height = Optional.empty();

    @Option(names = "--steps", description = "Denoising steps, 1 to 500.")
    private Optional<Integer> steps = Optional.empty();

    @Option(names = "--sampler", description = "Such as k_euler_a or DDIM.")
    private Optional<String> sampler = Optional.empty();

    @Option(names = "--cfg", paramLabel = "SCALE", description = "Classifier-free guidance, 0 to 100.")
    private Optional<Double> cfg = Optional.empty();

    @Option(names = "--seed", description = "A number or words.")
    private Optional<String> seed = Optional.empty();

    @Option(names = "--n", description = "How many pictures, 1 to 20.")
    private int count = 1;

    @Option(names = "--source", paramLabel = "FILE", description = "A picture to start from.")
    private Optional<Path> source = Optional.empty();

    @Option(names = "--mask", paramLabel = "FILE", description = "Where to paint in it: inpainting.")
    private Optional<Path> mask = Optional.empty();

    @Option(names = "--nsfw", description = "Say that the pictures may not be safe for work.")
    private boolean nsfw;

    @Option(names = "--out", paramLabel = "FOLDER", description = "Where to put the pictures; here if left out.")
    private Path out = Path.of("");

    @Option(names = "--worker", paramLabel = "NAME", description = "Only this worker is to do it.")
    private Optional<String> worker = Optional.empty();

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Withdraw it after this; 1200 if left out.")
    private int timeout = 1200;

    @Option(
            names = "--anonymous",
            description = "Order as nobody, although there is a key. Those who have no key order like this, and wait"
                    + " longest.")
    private boolean anonymous;

    @Mixin
    private final HordeFiles files = new HordeFiles();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    HordeRequestCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        check();
        HordeAccount account = account(config);
        try (HordeSession session = new HordeSession(config.horde().agent())) {
            ImageOrder order = order(session, account);
            HordeOrderRun run = new HordeOrderRun(cli, session, account, out, Duration.ofSeconds(timeout));
            Thread interrupted = new Thread(run::interrupt, "interrupted");
            Runtime.getRuntime().addShutdownHook(interrupted);
            try {
                return run.run(order);
            } finally {
                removeHook(interrupted);
            }
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already; then the hook does its work.
            return;
        }
    }

    private void check() {
        if (!Files.isDirectory(out.toAbsolutePath()) || !Files.isWritable(out.toAbsolutePath())) {
            throw CommandFailure.usage("--out " + out + " is not a folder that can be written");
        }
        if (mask.isPresent() && source.isEmpty()) {
            throw CommandFailure.usage("--mask needs --source: it says where to paint in that picture");
        }
        if (timeout < 1) {
            throw CommandFailure.usage("--timeout must be at least 1 second, but was " + timeout);
        }
    }

    private HordeAccount account(DroverConfig config) {
        HordeAccount account = HordeAccount.all(cli, config, files.files()).stream()
                .findFirst()
                .orElse(HordeAccount.ANONYMOUS);
        return anonymous ? new HordeAccount(account.url(), HordeAccount.ANONYMOUS.key(), Optional.empty()) : account;
    }

    private ImageOrder order(HordeSession session, HordeAccount account) {
        ImageParams params = new ImageParams(
                width,
                height,
                steps,
                cfg,
                sampler,
                Optional.of(count),
                seed,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                List.of());
        return new ImageOrder(
                prompt,
                params,
                models,
                nsfw,
                !nsfw,
                true,
                false,
                true,
                Optional.empty(),
                source.map(HordeRequestCommand::picture),
                source.map(_ -> mask.isPresent() ? "inpainting" : "img2img"),
                mask.map(HordeRequestCommand::picture),
                List.of(),
                worker.map(name -> List.of(idOf(session, account, name))).orElse(List.of()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static ImageSource picture(Path file) {
        try {
            if (Files.size(file) > MAX_SOURCE_BYTES) {
                throw CommandFailure.usage(file + " is larger than the 5 MB that the Horde takes");
            }
            return new ImageSource.Inline(Base64.getEncoder().encodeToString(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw CommandFailure.usage(file + " cannot be read: " + e.getMessage());
        }
    }

    private static String idOf(HordeSession session, HordeAccount account, String name) {
        return switch (session.await(session.client(account).workerByName(name))) {
            case HordeResult.Ok<WorkerDetails>(WorkerDetails details) -> details.id();
            case HordeResult.Failed<WorkerDetails>(HordeError.NotFound _) ->
                throw CommandFailure.failed("the Horde knows no worker " + name);
            case HordeResult.Failed<WorkerDetails>(HordeError error) -> throw CommandFailure.failed(error.message());
        };
    }
}
