package drover.golden;

import drover.diffusion.ConfigFile;
import drover.golden.GoldenResult.Verdict;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs every golden case below a folder. What a case is follows from its files: {@code case.json} beside {@code
 * tensors.safetensors}, of a {@code kind}; or, below a folder called {@code goldens}, a JSON file with the rows of a
 * tokenizer. The model is the nearest folder above the case that has the parts. A case of a kind that is not known here
 * is "not supported", a case that cannot be read fails.
 */
public final class GoldenRunner {
    /** Everything that was compared has passed, and something was. */
    public static final int ALL_PASS = 0;
    /** Something failed; this beats {@link #NOT_SUPPORTED}. */
    public static final int SOME_FAIL = 1;
    /** Nothing failed, but something is not supported, or there was nothing to run. */
    public static final int NOT_SUPPORTED = 2;

    private static final String CASE = "case.json";
    private static final String GOLDENS = "goldens";
    private static final int MAX_DEPTH = 16;
    private static final int MAX_REASON = 400;

    private final TorchOptions options;

    /**
     * A runner.
     *
     * @param options where the networks run; weights and activations are float32
     */
    public GoldenRunner(TorchOptions options) {
        this.options = options;
    }

    /**
     * Runs all cases below {@code folder}, in the order of their paths.
     *
     * @param each hears every result as soon as it is known
     * @return all results
     */
    public List<GoldenResult> run(Path folder, Consumer<GoldenResult> each) {
        List<GoldenResult> all = new ArrayList<>();
        Consumer<GoldenResult> results = result -> {
            all.add(result);
            each.accept(result);
        };
        try (Torch torch = new Torch(options);
                PipelineCases pipelines = new PipelineCases(torch)) {
            Path root = folder.toRealPath();
            for (Path file : cases(root)) {
                new One(torch, pipelines, file, name(root, file), results).run();
            }
        } catch (IOException e) {
            results.accept(GoldenResult.without(folder.toString(), "", Verdict.FAIL, "cannot be read: " + e));
        }
        return List.copyOf(all);
    }

    /** The process exit code for these results. */
    public static int exitCode(List<GoldenResult> results) {
        if (results.stream().anyMatch(r -> r.verdict() == Verdict.FAIL)) {
            return SOME_FAIL;
        }
        boolean passed = results.stream().anyMatch(r -> r.verdict() == Verdict.PASS);
        boolean unsupported = results.stream().anyMatch(r -> r.verdict() == Verdict.NOT_SUPPORTED);
        return passed && !unsupported ? ALL_PASS : NOT_SUPPORTED;
    }

    private static List<Path> cases(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root, MAX_DEPTH)) {
            return files.filter(Files::isRegularFile)
                    .filter(GoldenRunner::isCase)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isCase(Path file) {
        String name = String.valueOf(file.getFileName());
        if (name.equals(CASE)) {
            return true;
        }
        Path above = file.resolveSibling(CASE);
        boolean amongGoldens = Stream.iterate(file.getParent(), p -> p != null, Path::getParent)
                .anyMatch(p -> p.endsWith(GOLDENS));
        // A JSON file beside a case.json belongs to that case.
        return name.endsWith(".json") && amongGoldens && !Files.exists(above);
    }

    private static String name(Path root, Path file) {
        Path shown = file.endsWith(CASE) ? file.resolveSibling(".").normalize() : file;
        String relative = root.relativize(shown).toString();
        return relative.isEmpty() ? String.valueOf(root.getFileName()) : relative;
    }

    private record One(Torch torch, PipelineCases pipelines, Path file, String name, Consumer<GoldenResult> results) {
        void run() {
            try (NativeScope scope = torch.open("golden " + name)) {
                ConfigFile json = ConfigFile.read(file);
                if (file.endsWith(CASE)) {
                    runCase(json, scope);
                } else if (TokenizerCases.isOne(json)) {
                    TokenizerCases.run(file, name, json, results);
                } else {
                    throw new EngineException.Unsupported("a JSON file of no known form");
                }
            } catch (EngineException.Unsupported e) {
                results.accept(GoldenResult.without(name, "", Verdict.NOT_SUPPORTED, reason(e)));
            } catch (EngineException | WeightsException | RuntimeException e) {
                results.accept(GoldenResult.without(name, "", Verdict.FAIL, reason(e)));
            }
        }

        private void runCase(ConfigFile json, NativeScope scope) throws EngineException, WeightsException {
            Kind kind = kind(json.text("kind"));
            try (GoldenCase golden =
                    GoldenCase.open(file.resolveSibling(".").normalize(), name, json, scope, results)) {
                kind.run(golden);
                golden.finish();
            }
        }

        /** One line, because a result is one; libtorch's messages have many. */
        private static String reason(Exception e) {
            String message = String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " | ");
            return message.length() <= MAX_REASON ? message : message.substring(0, MAX_REASON) + "…";
        }

        private Kind kind(String kind) throws EngineException.Unsupported {
            NetworkCases networks = new NetworkCases(torch);
            return switch (kind) {
                case "clip_text" -> networks::textEncoder;
                case "sdxl_text" -> networks::twoTextEncoders;
                case "unet_forward", "sdxl_unet_forward" -> networks::unet;
                case "controlnet_forward" -> new ControlCases(torch)::forward;
                case "controlnet_pipeline" -> new ControlCases(torch)::pipeline;
                case "safety_checker" -> new SafetyCases(torch)::run;
                case "rrdbnet" -> networks::upscaler;
                case "lora", "lora_sdxl" -> new LoraCases(torch)::run;
                case "fp16_weights_fp32_math" -> networks::singleFile;
                case "vae" -> networks::autoencoder;
                case "pipeline", "sdxl_pipeline" -> pipelines::run;
                case "sampler" -> SamplerCases::sigmaSpace;
                case "sampler_diffusers" -> SamplerCases::planned;
                case "analytic_denoiser" -> SamplerCases::denoiser;
                default -> throw new EngineException.Unsupported("the kind " + kind);
            };
        }
    }

    @FunctionalInterface
    private interface Kind {
        void run(GoldenCase golden) throws EngineException, WeightsException;
    }
}
