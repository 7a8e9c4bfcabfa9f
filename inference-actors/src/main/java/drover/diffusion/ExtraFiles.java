package drover.diffusion;

import drover.inference.EngineException;
import drover.inference.Feature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Where the files lie that models are combined with. They are looked up when a request names them, so what is put there
 * is there at once. Loads no native code, so the control process may use it.
 *
 * @param loras {@code .safetensors} files in it and in folders below
 * @param upscalers {@code NAME.safetensors} files
 * @param controlNets {@code NAME.safetensors} files, or diffusers folders called {@code NAME}
 * @param embeddings {@code .safetensors} files of textual inversions, in it and in folders below
 */
public record ExtraFiles(Path loras, Path upscalers, Path controlNets, Path embeddings) {
    private static final String WEIGHTS = ".safetensors";
    private static final String FOLDER_WEIGHTS = "diffusion_pytorch_model.safetensors";
    private static final int DEPTH = 8;

    /** The usual folders below one for models. */
    public static ExtraFiles below(Path folder) {
        return new ExtraFiles(
                folder.resolve("loras"),
                folder.resolve("upscalers"),
                folder.resolve("controlnets"),
                folder.resolve("embeddings"));
    }

    /**
     * The file of a LoRA.
     *
     * @param name path below the folder, with or without its ending
     * @throws EngineException.Unsupported if it is not there, or would lie elsewhere
     */
    public Path lora(String name) throws EngineException.Unsupported {
        return file(loras, name)
                .orElseThrow(() -> new EngineException.Unsupported("there is no LoRA " + name + " here"));
    }

    /** The file of an upscaler; see {@link #lora}. */
    public Path upscaler(String name) throws EngineException.Unsupported {
        return file(upscalers, name)
                .orElseThrow(() -> new EngineException.Unsupported(
                        "there is no upscaler " + name + " here; there are " + upscalerNames()));
    }

    /** The folder or file of a ControlNet; see {@link #lora}. */
    public Path controlNet(String name) throws EngineException.Unsupported {
        return below(controlNets, name)
                .filter(path -> Files.exists(path.resolve(FOLDER_WEIGHTS)))
                .or(() -> file(controlNets, name))
                .orElseThrow(() -> new EngineException.Unsupported("there is no ControlNet " + name + " here"));
    }

    /** The file of a textual inversion; see {@link #lora}. */
    public Path embedding(String name) throws EngineException.Unsupported {
        return file(embeddings, name)
                .orElseThrow(() -> new EngineException.Unsupported("there is no embedding " + name + " here"));
    }

    /** The upscalers that are there. */
    public Set<String> upscalerNames() {
        Set<String> names = new TreeSet<>();
        for (Path file : files(upscalers, 1)) {
            names.add(SingleFile.name(file));
        }
        return names;
    }

    /** What a model can do with what is there. */
    public Set<Feature> features(ModelInfo model) {
        Set<Feature> features = EnumSet.of(Feature.IMG2IMG, Feature.INPAINTING, Feature.HIRES_FIX, Feature.TILING);
        if (!files(loras, DEPTH).isEmpty()) {
            features.add(Feature.LORA);
        }
        if (!files(embeddings, DEPTH).isEmpty()) {
            features.add(Feature.TEXTUAL_INVERSION);
        }
        if (!files(upscalers, 1).isEmpty()) {
            features.add(Feature.UPSCALER);
        }
        if (model.architecture() == Architecture.STABLE_DIFFUSION
                && !files(controlNets, 2).isEmpty()) {
            features.add(Feature.CONTROLNET);
        }
        return features;
    }

    private static Optional<Path> file(Path folder, String name) {
        return below(folder, name.endsWith(WEIGHTS) ? name : name + WEIGHTS).filter(Files::isRegularFile);
    }

    /** A name comes from a stranger, so what it means must lie below the folder. */
    private static Optional<Path> below(Path folder, String name) {
        try {
            Path root = folder.toAbsolutePath().normalize();
            Path path = root.resolve(name).normalize();
            return path.startsWith(root) && !path.equals(root) ? Optional.of(path) : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static Set<Path> files(Path folder, int depth) {
        if (!Files.isDirectory(folder)) {
            return Set.of();
        }
        try (Stream<Path> all = Files.walk(folder, depth)) {
            Set<Path> found = new TreeSet<>();
            all.filter(file -> file.toString().endsWith(WEIGHTS)).forEach(found::add);
            return found;
        } catch (IOException | UncheckedIOException e) {
            return Set.of(); // What cannot be read is not there to be used.
        }
    }
}
