package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Script;
import drover.graph.WeightSpec;
import drover.inference.EngineException;
import drover.weights.RandomWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Models of the real architectures' sizes with random weights, as diffusers keeps them on disk: for measuring what they
 * cost without having them. Their pictures are coloured noise.
 */
public final class RandomModel {
    private static final long SEED = 20_261_121;
    private static final String UNET = "unet";
    /** Divided by the groups of the norms. */
    private static final int NARROW = 32;

    private final Kind kind;

    /** Which. */
    public RandomModel(Kind kind) {
        this.kind = kind;
    }

    /** The architectures that can be made. */
    public enum Kind {
        /** Stable Diffusion 1.5: 0.86 billion parameters in the UNet, 1.07 in all. */
        SD15("sd1", Architecture.STABLE_DIFFUSION),
        /** SDXL base: 2.57 billion parameters in the UNet, 3.47 in all. */
        SDXL("sdxl", Architecture.STABLE_DIFFUSION_XL);

        private final String folder;
        private final Architecture architecture;

        Kind(String folder, Architecture architecture) {
            this.folder = folder;
            this.architecture = architecture;
        }

        /** What the command line calls it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The one of that name. */
        public static Optional<Kind> named(String text) {
            return Arrays.stream(values()).filter(it -> it.text().equals(text)).findFirst();
        }

        private ConfigFile config(String part) throws EngineException.BadModel {
            return ConfigFile.resource("/drover/architectures/" + folder + "/" + part + ".json");
        }
    }

    /** Bytes that {@link #write} takes on disk, but for some thousands. */
    public long bytes() throws EngineException {
        long bytes = 0;
        for (String part : kind.architecture.parts()) {
            bytes += RandomWeights.bytes(shapes(part, kind.config(part)));
        }
        return bytes;
    }

    /**
     * Writes the whole model.
     *
     * @param folder where to; need not exist
     * @param tokenizer the folder of a CLIP tokenizer, which is copied
     * @return the number of parameters
     */
    public long write(Path folder, Path tokenizer) throws IOException, EngineException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve(DiffusersFolder.INDEX), "{\"_class_name\": \"" + kind.architecture.pipeline() + "\"}\n");
        Path scheduler = Files.createDirectories(folder.resolve("scheduler"));
        kind.config("scheduler").write(scheduler.resolve("scheduler_config.json"));
        long parameters = 0;
        for (String part : kind.architecture.parts()) {
            parameters += write(folder, part, kind.config(part));
        }
        copy(tokenizer, folder.resolve("tokenizer"));
        if (kind.architecture.hasTwoTextEncoders()) {
            copy(tokenizer, folder.resolve("tokenizer_2"));
        }
        return parameters;
    }

    /**
     * Writes a UNet of the same layers, but so narrow that computing them takes next to nothing: what it takes nevertheless
     * is what it costs to walk through the layers.
     */
    public void writeNarrowUnet(Path folder) throws IOException, EngineException {
        ConfigFile config = kind.config(UNET);
        int blocks = config.integers("block_out_channels").size();
        write(
                folder,
                UNET,
                config.with("block_out_channels", Collections.nCopies(blocks, NARROW))
                        .with("attention_head_dim", 1)
                        .with("cross_attention_dim", NARROW));
    }

    private static long write(Path folder, String part, ConfigFile config) throws IOException, EngineException {
        Path at = Files.createDirectories(folder.resolve(part));
        config.write(at.resolve("config.json"));
        String stem = part.startsWith("text_encoder") ? "model" : "diffusion_pytorch_model";
        Map<String, List<Long>> shapes = shapes(part, config);
        RandomWeights.write(at.resolve(stem + ".safetensors"), shapes, SEED);
        return shapes.values().stream()
                .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
                .sum();
    }

    private static Map<String, List<Long>> shapes(String part, ConfigFile config) throws EngineException {
        List<Script> graphs = switch (part) {
            case UNET -> List.of(UNetGraph.describe(UNetConfig.of(config), DataType.FLOAT32));
            case "vae" -> {
                VaeConfig vae = VaeConfig.of(config);
                yield List.of(VaeGraph.encoder(vae, DataType.FLOAT32), VaeGraph.decoder(vae, DataType.FLOAT32));
            }
            default -> List.of(ClipTextGraph.describe(ClipTextConfig.of(config), DataType.FLOAT32));
        };
        return graphs.stream()
                .flatMap(graph -> graph.weights().stream())
                .collect(Collectors.toMap(
                        WeightSpec::key,
                        spec -> LongStream.of(spec.shape().getShape()).boxed().toList(),
                        (a, b) -> a,
                        LinkedHashMap::new));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(String.valueOf(file.getFileName())));
            }
        }
    }
}
