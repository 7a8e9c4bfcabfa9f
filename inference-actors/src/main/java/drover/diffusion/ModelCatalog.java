package drover.diffusion;

import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    private final ModelPlaces places;
    private final Map<String, ModelInfo> models;
    private final List<LeftOut> leftOut;

    /**
     * What looks like a model and is not offered.
     *
     * @param name what it would be called
     * @param path where it is
     * @param reason in a sentence
     */
    public record LeftOut(String name, Path path, String reason) {}

    private ModelCatalog(ModelPlaces places, Map<String, ModelInfo> models, List<LeftOut> leftOut) {
        this.places = places;
        this.models = Collections.unmodifiableMap(models);
        this.leftOut = List.copyOf(leftOut);
    }

    /**
     * Looks for diffusers folders (those with a {@code model_index.json}) in and directly below the given folders, and for
     * single {@code .safetensors} files directly in them; such a file may also be given itself. The name of the folder, or
     * of the file without its extension, is the model's, unless the declarations call it otherwise. A model that cannot be
     * understood is left out with the reason; the first of two with one name counts.
     */
    public static ModelCatalog scan(ModelPlaces places) {
        Scan scan = new Scan(places);
        scan.run();
        scan.leftOut.forEach(it -> LOG.warn("the model {} is left out: {}", it.name(), it.reason()));
        return new ModelCatalog(places, scan.models, scan.leftOut);
    }

    /** As {@link #scan(ModelPlaces)}, without declarations. */
    public static ModelCatalog scan(List<Path> folders) {
        return scan(new ModelPlaces(folders, Optional.empty()));
    }

    /**
     * The models of an installation: those in its folders, and the bundled one, which is unpacked if need be. A model in
     * a folder that is called like the bundled one takes its place.
     *
     * @param cache where the bundled model is unpacked
     * @throws IOException if it cannot be; the message says where and what to do
     */
    public static ModelCatalog ofInstallation(ModelPlaces places, Path cache) throws IOException {
        List<Path> all = new ArrayList<>(places.folders());
        try {
            all.add(BundledModel.unpack(cache));
        } catch (IOException e) {
            throw new IOException(
                    "the bundled model could not be unpacked below " + cache + ": " + e.getMessage()
                            + "; set drover.cache-dir to a folder with room that Drover may write to",
                    e);
        }
        return scan(new ModelPlaces(all, places.declarations()));
    }

    /** What is in the same places now. */
    public ModelCatalog again() {
        return scan(places);
    }

    /** One look at all places. */
    private static final class Scan {
        private final ModelPlaces places;
        private final Map<String, ModelInfo> models = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        private final List<LeftOut> leftOut = new ArrayList<>();

        Scan(ModelPlaces places) {
            this.places = places;
        }

        void run() {
            DeclaredModels declared = DeclaredModels.read(places);
            leftOut.addAll(declared.problems());
            Map<String, Path> found = new LinkedHashMap<>();
            List<Path> all = new ArrayList<>();
            for (Path folder : places.folders()) {
                for (Path candidate : candidates(folder)) {
                    all.add(candidate);
                    found.putIfAbsent(nameOf(candidate), candidate);
                }
            }
            Set<Path> renamed = new HashSet<>();
            Map<Path, ModelDeclaration> said = new HashMap<>();
            declared.models().forEach((name, declaration) -> {
                Optional<Path> path = declaration.path().or(() -> Optional.ofNullable(found.get(name)));
                if (path.isEmpty() || Files.notExists(path.get())) {
                    Path file = places.declarations().orElseThrow();
                    leave(
                            name,
                            file,
                            file + " names the model " + name + ", but "
                                    + path.map(it -> "there is no " + it)
                                            .orElse("nothing in " + places.folders()
                                                    + " is called so; give it a path, or take the entry out"));
                } else if (declaration.path().isPresent()) {
                    renamed.add(path.get());
                    add(name, path.get(), declaration);
                } else {
                    said.put(path.get(), declaration);
                }
            });
            // A wrong entry leaves its model out: without what it says, it would not be what its owner means.
            declared.problems()
                    .forEach(problem ->
                            Optional.ofNullable(found.get(problem.name())).ifPresent(renamed::add));
            for (Path candidate : all) {
                if (!renamed.contains(candidate)) {
                    add(nameOf(candidate), candidate, said.getOrDefault(candidate, ModelDeclaration.NONE));
                }
            }
        }

        private List<Path> candidates(Path folder) {
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
                return children.filter(this::looksLikeAModel).sorted().toList();
            } catch (IOException e) {
                leave(nameOf(absolute), folder, "the models folder " + folder + " cannot be read: " + e);
                return List.of();
            }
        }

        private boolean looksLikeAModel(Path child) {
            String name = String.valueOf(child.getFileName());
            if (name.startsWith(".")) {
                return false; // Among them what is being copied here.
            }
            if (PICKLES.stream().anyMatch(name::endsWith)) {
                leave(
                        name,
                        child,
                        child + " is a pickle, which can run any code when it is read, so it is refused; convert it to"
                                + " safetensors, or get the model in that form");
                return false;
            }
            boolean file = name.endsWith(SingleFile.EXTENSION) && Files.isRegularFile(child);
            return file || Files.exists(child.resolve(DiffusersFolder.INDEX));
        }

        private void add(String name, Path path, ModelDeclaration declaration) {
            @Nullable ModelInfo first = models.get(name);
            if (first != null) {
                leave(name, path, path + " has the name of the model in " + first.path());
                return;
            }
            try {
                models.put(name, ModelInfo.read(name, path, declaration));
            } catch (EngineException e) {
                leave(name, path, String.valueOf(e.getMessage()));
            }
        }

        private void leave(String name, Path path, String reason) {
            leftOut.add(new LeftOut(name, path, reason));
        }
    }

    /** What a folder or file is called when nobody says otherwise. */
    public static String nameOf(Path path) {
        @Nullable Path last = path.getFileName();
        boolean file = path.toString().endsWith(SingleFile.EXTENSION);
        return file ? SingleFile.name(path) : last == null ? path.toString() : last.toString();
    }

    /** Finds a model; case does not matter. */
    public Optional<ModelInfo> find(String name) {
        return Optional.ofNullable(models.get(name));
    }

    /** All models by name, sorted. */
    public Map<String, ModelInfo> all() {
        return models;
    }

    /** What is not offered, and why. */
    public List<LeftOut> leftOut() {
        return leftOut;
    }
}
