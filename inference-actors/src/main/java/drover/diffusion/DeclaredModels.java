package drover.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What {@code models.yaml} says: names of models, each with its settings. An entry that is wrong is left out with the
 * reason and the others count.
 *
 * @param models by name, in the file's order
 * @param problems what has been left out
 */
public record DeclaredModels(Map<String, ModelDeclaration> models, List<ModelCatalog.LeftOut> problems) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_LENGTH = 1 << 20;
    private static final int MAX_ALIASES = 20;
    private static final int MAX_CLIP_SKIP = 12;
    private static final List<String> KEYS = List.of("path", "vae", "prediction", "clip_skip", "description", "sha256");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-fA-F]{64}");

    public DeclaredModels {
        models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
        problems = List.copyOf(problems);
    }

    /** Reads the file of an installation; if there is none, it says nothing. */
    public static DeclaredModels read(ModelPlaces places) {
        Optional<Path> existing = places.declarations().filter(Files::exists);
        if (existing.isEmpty()) {
            return new DeclaredModels(Map.of(), List.of());
        }
        Path file = existing.get();
        Map<String, ModelDeclaration> models = new LinkedHashMap<>();
        List<ModelCatalog.LeftOut> problems = new ArrayList<>();
        try {
            ConfigFile root = load(file);
            for (String name : root.keys()) {
                try {
                    models.put(name, root.has(name) ? declaration(places, root.object(name)) : ModelDeclaration.NONE);
                } catch (EngineException.BadModel e) {
                    problems.add(new ModelCatalog.LeftOut(name, file, String.valueOf(e.getMessage())));
                }
            }
        } catch (EngineException.BadModel e) {
            problems.add(
                    new ModelCatalog.LeftOut(String.valueOf(file.getFileName()), file, String.valueOf(e.getMessage())));
        }
        return new DeclaredModels(models, problems);
    }

    private static ConfigFile load(Path file) throws EngineException.BadModel {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(file.toString())
                .setCodePointLimit(MAX_LENGTH)
                .setMaxAliasesForCollections(MAX_ALIASES)
                .build();
        try {
            @Nullable Object root = new Load(settings).loadFromString(Files.readString(file));
            JsonNode tree = root == null ? JSON.createObjectNode() : JSON.valueToTree(root);
            return ConfigFile.of(file.toString(), tree);
        } catch (YamlEngineException e) {
            throw new EngineException.BadModel(
                    file + " is not YAML: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "), e);
        } catch (IOException | IllegalArgumentException e) {
            throw new EngineException.BadModel(file + " cannot be read: " + e, e);
        }
    }

    private static ModelDeclaration declaration(ModelPlaces places, ConfigFile entry) throws EngineException.BadModel {
        for (String key : entry.keys()) {
            if (!KEYS.contains(key)) {
                throw new EngineException.BadModel(
                        entry.name() + ": the key " + key + " is not known; expected " + KEYS);
            }
        }
        Optional<String> prediction = text(entry, "prediction");
        if (prediction.isPresent() && Prediction.named(prediction.get()).isEmpty()) {
            throw new EngineException.BadModel(entry.name() + ": prediction is " + prediction.get()
                    + "; these are supported: " + Prediction.names());
        }
        Optional<String> digest = text(entry, "sha256");
        if (digest.isPresent() && !SHA_256.matcher(digest.get()).matches()) {
            throw new EngineException.BadModel(
                    entry.name() + ": sha256 is " + digest.get() + "; expected 64 hexadecimal digits");
        }
        int clipSkip = entry.integer("clip_skip", 1);
        if (clipSkip < 1 || clipSkip > MAX_CLIP_SKIP) {
            throw new EngineException.BadModel(
                    entry.name() + ": clip_skip is " + clipSkip + "; expected 1 to " + MAX_CLIP_SKIP);
        }
        return new ModelDeclaration(
                path(places, entry, "path"),
                path(places, entry, "vae"),
                prediction.flatMap(Prediction::named),
                entry.has("clip_skip") ? Optional.of(clipSkip) : Optional.empty(),
                text(entry, "description"),
                digest);
    }

    private static Optional<Path> path(ModelPlaces places, ConfigFile entry, String key)
            throws EngineException.BadModel {
        Optional<String> written = text(entry, key);
        try {
            return written.map(Path::of).map(places::resolve);
        } catch (InvalidPathException e) {
            throw new EngineException.BadModel(
                    entry.name() + ": " + key + " is " + written.orElse("") + "; no path", e);
        }
    }

    private static Optional<String> text(ConfigFile entry, String key) throws EngineException.BadModel {
        return entry.has(key) ? Optional.of(entry.text(key)) : Optional.empty();
    }

    /**
     * Adds an entry at the end of the file, and leaves what is there as it is.
     *
     * @param settings keys and values in their order; nobody may have declared that name yet
     */
    public static void append(Path file, String name, Map<String, String> settings) throws IOException {
        Dump dump = new Dump(DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setWidth(MAX_LENGTH)
                .build());
        String before = Files.exists(file) ? Files.readString(file) : "";
        String joint = before.isEmpty() || before.endsWith("\n") ? before : before + "\n";
        Path absolute = file.toAbsolutePath();
        @Nullable Path folder = absolute.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path written = absolute.resolveSibling("." + absolute.getFileName() + ".new");
        Files.writeString(written, joint + dump.dumpToString(Map.of(name, settings)));
        Files.move(written, absolute, StandardCopyOption.ATOMIC_MOVE);
    }
}
