package drover.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.config.DroverConfig;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.inference.AssetRef;
import drover.inference.ImageRequest;
import drover.inference.OutputFormat;
import drover.inference.Sampler;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover generate}: one prompt, one process, one or more pictures. */
@Command(
        name = "generate",
        description = "Make a picture of a prompt.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GenerateCommand implements Callable<Integer> {
    private static final int MAX_PROMPT = 10_000;

    private final Cli cli;

    @Parameters(paramLabel = "PROMPT", description = "What to draw.")
    private String prompt = "";

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "Where to write the picture; its ending says in which format.")
    private String out = "";

    @Option(names = "--model", description = "Which model; `drover models list` shows them.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--steps", description = "Denoising steps, 1 to 500.")
    private Optional<Integer> steps = Optional.empty();

    @Option(names = "--sampler", description = "Such as k_euler or k_dpmpp_2m; a wrong one gets the list.")
    private Optional<String> sampler = Optional.empty();

    @Option(names = "--karras", description = "Space the noise levels as Karras et al. do.")
    private boolean karras;

    @Option(names = "--cfg", paramLabel = "SCALE", description = "Classifier-free guidance, 1 (none) to 100.")
    private Optional<Double> cfg = Optional.empty();

    @Option(names = "--seed", description = "0 to 4294967295; the same seed gives the same picture.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--negative", paramLabel = "PROMPT", description = "What to keep away from.")
    private String negative = "";

    @Option(
            names = "--size",
            paramLabel = "WxH",
            description = "Pixels, such as 512x768.",
            converter = Size.Converter.class)
    private Optional<Size> size = Optional.empty();

    @Option(names = "--count", description = "How many pictures, 1 to 1000; the seed grows by one for each.")
    private int count = 1;

    @Option(
            names = "--clip-skip",
            paramLabel = "N",
            description = "Text encoder layer, 1 (the last) to 12; the model's default.")
    private Optional<Integer> clipSkip = Optional.empty();

    @Mixin
    private final PictureOptions pictures = new PictureOptions();

    @Option(names = "--format", description = "png, webp, webp-lossless or jpeg; what the ending of --out says.")
    private Optional<String> format = Optional.empty();

    @Option(names = "--quality", paramLabel = "N", description = "1 to 100, for webp and jpeg.")
    private Optional<Integer> quality = Optional.empty();

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    GenerateCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        long started = System.nanoTime();
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        Path file = outputFile();
        OutputFormat written = outputFormat();
        ModelCatalog catalog = ModelChoice.catalog(config);
        OutputFiles files = new OutputFiles(file);
        ImageRequest request = request(ModelChoice.choose(catalog, model, config), written)
                .with(pictures.features(files, SingleRunProcess.JOB));

        SingleRun.Outcome outcome = new SingleRunProcess(cli, config).run(request, files);
        return switch (outcome) {
            case SingleRun.Outcome.Stored it -> report(request, it.assets(), (System.nanoTime() - started) / 1e9);
            case SingleRun.Outcome.Failed it -> throw CommandFailure.failed(it.reason() + " (" + it.code() + ")");
            case SingleRun.Outcome.Cancelled _ -> Cli.INTERRUPTED;
            case SingleRun.Outcome.Stalled it ->
                throw CommandFailure.failed("no progress for %.0f s at %s; given up (%s)"
                        .formatted(
                                it.stall().sinceAdvance().toMillis() / 1e3,
                                it.stall().position(),
                                it.stall().origin()));
        };
    }

    private ImageRequest request(ModelInfo info, OutputFormat chosenFormat) {
        if (prompt.length() > MAX_PROMPT || negative.length() > MAX_PROMPT) {
            throw CommandFailure.usage("a prompt has at most " + MAX_PROMPT + " characters");
        }
        if (count > 1000) {
            throw CommandFailure.usage("--count must be 1 to 1000, but was " + count);
        }
        Sampler chosen = sampler.map(name -> Sampler.byName(name)
                        .orElseThrow(() -> CommandFailure.usage(
                                "there is no sampler " + name + "; there are: " + Sampler.names())))
                .orElse(info.sampler());
        Size pixels = size.orElse(new Size(info.width(), info.height()));
        pixels.requireFits(info);
        try {
            return new ImageRequest(
                            info.name(),
                            prompt,
                            negative,
                            pixels.width(),
                            pixels.height(),
                            steps.orElse(info.steps()),
                            chosen,
                            karras,
                            cfg.orElse(info.cfgScale()),
                            seed.orElseGet(() -> ThreadLocalRandom.current().nextLong(ImageRequest.SEED_LIMIT)),
                            clipSkip.orElse(info.clipSkip()),
                            count,
                            Optional.empty())
                    .withFormat(chosenFormat);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private OutputFormat outputFormat() {
        String ending = out.substring(out.lastIndexOf('.') + 1);
        OutputFormat.Kind byEnding = OutputFormat.Kind.byName(ending)
                .orElseThrow(() -> CommandFailure.usage(
                        "--out should end in .png, .webp or .jpg, which says the format; but was " + out));
        OutputFormat.Kind kind = format.map(name -> OutputFormat.Kind.byName(name)
                        .orElseThrow(() -> CommandFailure.usage(
                                "there is no format " + name + "; there are: " + OutputFormat.Kind.names())))
                .orElse(byEnding);
        if (!kind.mediaType().equals(byEnding.mediaType())) {
            throw CommandFailure.usage("--format is " + kind.text() + ", but --out " + out + " ends in ." + ending);
        }
        if (quality.isPresent() && !kind.isLossy()) {
            throw CommandFailure.usage("--quality is for webp and jpeg, but the format is " + kind.text());
        }
        try {
            return OutputFormat.of(kind).withQuality(quality.orElse(OutputFormat.DEFAULT_QUALITY));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--" + e.getMessage());
        }
    }

    private Path outputFile() {
        Path file;
        try {
            file = Path.of(out).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw CommandFailure.usage("--out is not a path: " + e.getMessage());
        }
        if (Files.isDirectory(file)) {
            throw CommandFailure.usage("--out " + out + " is a folder; name a file");
        }
        Path folder = file.getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw CommandFailure.usage(
                    "--out " + out + ": the folder " + folder + " is not there or cannot be written");
        }
        return file;
    }

    /** What `--json` prints. */
    private record Result(
            List<String> files,
            List<Long> seeds,
            String model,
            int width,
            int height,
            int steps,
            Sampler sampler,
            double cfgScale,
            double seconds) {}

    private int report(ImageRequest request, List<AssetRef> assets, double seconds) {
        double rounded = Math.round(seconds * 1000) / 1e3;
        List<String> files = assets.stream().map(AssetRef::key).toList();
        if (json) {
            Result result = new Result(
                    files,
                    assets.stream().map(AssetRef::seed).toList(),
                    request.model(),
                    request.width(),
                    request.height(),
                    request.steps(),
                    request.sampler(),
                    request.cfgScale(),
                    rounded);
            try {
                cli.out().println(JsonMapper.builder().build().writeValueAsString(result));
            } catch (JsonProcessingException e) {
                throw CommandFailure.failed("the result could not be printed as JSON", e);
            }
            return Cli.DONE;
        }
        for (AssetRef asset : assets) {
            cli.out().println("%s  seed %d".formatted(asset.key(), asset.seed()));
        }
        cli.out()
                .println("model %s, %dx%d, %d steps, %s, CFG %s, %.1f s"
                        .formatted(
                                request.model(),
                                request.width(),
                                request.height(),
                                request.steps(),
                                request.sampler().hordeName(),
                                request.cfgScale(),
                                seconds));
        return Cli.DONE;
    }
}
