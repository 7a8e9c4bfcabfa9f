package drover.diffusion;

import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that an installation has. Reads configurations and the headers of weights, never the weights, and loads no
 * native code, so the control process may use it. Immutable; scan again to see a change.
 */
public final class ModelCatalog {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCatalog.class);
    private static final List<String> PICKLES = List.of(".ckpt", ".pt", ".pth");

    private final Map<String, ModelInfo> models;

    private ModelCatalog(Map<String, ModelInfo> models) {
        this.models = Collections.unmodifiableMap(models);
    }

    /**
     * Looks for diffusers folders (those with a {@code model_index.json}) in and directly below the given folders, and for
     * single {@code .safetensors} files directly in them; such a file may also be given itself. The name of the folder, or
     * of the file without its extension, is the model's. A model that cannot be understood is left out and logged with the reason; the first of two with
     * one name counts.
     */
    public static ModelCatalog scan(List<Path> folders) {
        Map<String, ModelInfo> models = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (Path folder : folders) {
            for (Path candidate : candidates(folder)) {
                add(candidate, models);
            }
        }
        return new ModelCatalog(models);
    }

    /**
     * The models of an installation: those in its folders, and the bundled one, which is unpacked if need be. A model in
     * a folder that is called like the bundled one takes its place.
     *
     * @param cache where the bundled model is unpacked
     * @throws IOException if it cannot be; the message says where and what to do
     */
    public static ModelCatalog ofInstallation(List<Path> folders, Path cache) throws IOException {
        List<Path> all = new ArrayList<>(folders);
        try {
            all.add(BundledModel.unpack(cache));
        } catch (IOException e) {
            throw new IOException(
                    "the bundled model could not be unpacked below " + cache + ": " + e.getMessage()
                            + "; set drover.cache-dir to a folder with room that Drover may write to",
                    e);
        }
        return scan(all);
    }

    private static List<Path> candidates(Path folder) {
        Path absolute = folder.toAbsolutePath().normalize();
        if (Files.notExists(absolute)) {
            LOG.info("there is no models folder {}", absolute); // As at first, before anyone has put a model there.
            return List.of();
        }
        if (Files.isRegularFile(absolute)) {
            return looksLikeAModel(absolute) ? List.of(absolute) : List.of();
        }
        if (Files.exists(absolute.resolve(DiffusersFolder.INDEX))) {
            return List.of(absolute);
        }
        try (Stream<Path> children = Files.list(absolute)) {
            return new ArrayList<>(
                    children.filter(ModelCatalog::looksLikeAModel).sorted().toList());
        } catch (IOException e) {
            LOG.warn("the models folder {} cannot be read: {}", folder, e.toString());
            return List.of();
        }
    }

    private static boolean looksLikeAModel(Path child) {
        String name = String.valueOf(child.getFileName());
        if (PICKLES.stream().anyMatch(name::endsWith)) {
            LOG.warn(
                    "{} is left out: a pickle can run any code when it is read; convert it to safetensors, or get the"
                            + " model in that form",
                    child);
            return false;
        }
        boolean file = name.endsWith(SingleFile.EXTENSION) && Files.isRegularFile(child);
        return file || Files.exists(child.resolve(DiffusersFolder.INDEX));
    }

    private static void add(Path folder, Map<String, ModelInfo> models) {
        @Nullable Path last = folder.getFileName();
        String name = Files.isRegularFile(folder)
                ? SingleFile.name(folder)
                : last == null ? folder.toString() : last.toString();
        @Nullable ModelInfo first = models.get(name);
        if (first != null) {
            LOG.warn("the model {} in {} is left out: there is one of that name in {}", name, folder, first.path());
            return;
        }
        try {
            models.put(name, ModelInfo.read(name, folder));
        } catch (EngineException e) {
            LOG.warn("the model {} is left out: {}", name, e.getMessage());
        }
    }

    /** Finds a model; case does not matter. */
    public Optional<ModelInfo> find(String name) {
        return Optional.ofNullable(models.get(name));
    }

    /** All models by name, sorted. */
    public Map<String, ModelInfo> all() {
        return models;
    }
}
