package drover.source.bridge;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Reads a {@code bridgeData.yaml} as the existing worker does, with its environment variables, which override the file.
 * Without a file, the variables alone may hold all of it. Whatever is wrong is said, all at once; only what would be
 * against the operator's will makes the file unusable.
 */
public final class BridgeReader {
    private static final Pattern MEGABYTES = Pattern.compile("[0-9]{1,9}");
    private static final String LORA_CACHE = "AIWORKER_LORA_CACHE_SIZE";
    private static final String LORA_MIN_FREE = "AIWORKER_LORA_MIN_DISK_FREE_MB";
    private static final String CUSTOM_MODELS = "HORDELIB_CUSTOM_MODELS";
    private static final long STANDARD_MIN_FREE = 1024;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(20)
                            .maxDocumentLength(YamlText.MAX_LENGTH)
                            .build())
                    .build())
            .build();

    private final BridgeEnvironment environment;

    /**
     * @param environment the environment variables
     */
    public BridgeReader(Map<String, String> environment) {
        this.environment = new BridgeEnvironment(environment);
    }

    /** Reads a file and the environment. The file may be absent if the environment holds keys. */
    public BridgeReading read(Path file) {
        String name = file.toString();
        try {
            if (Files.notExists(file) && environment.hasKeys()) {
                return read(List.of());
            }
            if (!Files.isRegularFile(file)) {
                return unusable(BridgeProblem.error(
                        name, "", "is not there", "", "put your worker's bridgeData.yaml there, or name another file"));
            }
            if (Files.size(file) > 4L * YamlText.MAX_LENGTH) {
                return unusable(BridgeProblem.error(
                        name,
                        "",
                        "is longer than " + YamlText.MAX_LENGTH + " characters",
                        "",
                        "is this the right file?"));
            }
            String text = Files.readString(file);
            return read(YamlText.read(text.startsWith("\uFEFF") ? text.substring(1) : text, name));
        } catch (CharacterCodingException e) {
            return unusable(BridgeProblem.error(name, "", "is not UTF-8 text", "", "save it as UTF-8"));
        } catch (IOException e) {
            return unusable(BridgeProblem.error(name, "", "cannot be read: " + e, "", "look at its permissions"));
        } catch (UnreadableFileException e) {
            return unusable(e.problem());
        }
    }

    private static BridgeReading unusable(BridgeProblem problem) {
        return new BridgeReading(Optional.empty(), List.of(problem), List.of());
    }

    private BridgeReading read(List<BridgeEntry> file) {
        List<BridgeProblem> problems = new ArrayList<>();
        BridgeValues values = new BridgeValues(problems);
        file.stream().filter(BridgeReader::isCanonical).forEach(values::add);
        file.stream().filter(entry -> !isCanonical(entry)).forEach(values::add);
        environment.entries().forEach(values::add);
        problems.addAll(environment.withoutEffect());
        BridgeRules rules = new BridgeRules(values, problems);
        rules.settle();
        OptionalLong cache = megabytes(LORA_CACHE, problems);
        OptionalLong minFree = megabytes(LORA_MIN_FREE, problems);
        List<CustomModel> custom = customModels(values, problems);
        boolean usable = problems.stream().noneMatch(it -> it.severity() == BridgeProblem.Severity.ERROR);
        return new BridgeReading(
                usable ? Optional.of(rules.data(cache, minFree.orElse(STANDARD_MIN_FREE), custom)) : Optional.empty(),
                problems,
                values.settings());
    }

    /** Keys under their own names come before aliases, wherever they are. */
    private static boolean isCanonical(BridgeEntry entry) {
        return BridgeKeys.named(entry.key())
                .map(key -> key.name().equals(entry.key()))
                .orElse(true);
    }

    private OptionalLong megabytes(String variable, List<BridgeProblem> problems) {
        Optional<String> text = environment.get(variable);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!MEGABYTES.matcher(text.get().strip()).matches()) {
            problems.add(BridgeProblem.error(
                    BridgeEnvironment.where(variable),
                    "",
                    "= " + new BridgeValue.Text(text.get()).shown(),
                    "a number of megabytes",
                    "correct it or leave it out"));
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(text.get().strip()));
    }

    /** The file that the variable names comes before the key, as with the existing worker. */
    private List<CustomModel> customModels(BridgeValues values, List<BridgeProblem> problems) {
        Optional<String> file = environment.get(CUSTOM_MODELS);
        if (file.isEmpty()) {
            return values.get(BridgeKeys.CUSTOM_MODELS);
        }
        List<CustomModel> models = new ArrayList<>();
        try {
            for (JsonNode model : JSON.readTree(Files.readString(Path.of(file.get())))) {
                CustomModel read = new CustomModel(
                        model.path("name").asText(),
                        model.path("baseline").asText(),
                        model.path("config").path("files").path(0).path("path").asText());
                if (read.name().isBlank()
                        || read.baseline().isBlank()
                        || read.filepath().isBlank()) {
                    problems.add(BridgeProblem.warning(
                            BridgeEnvironment.where(CUSTOM_MODELS),
                            "",
                            "names a file in which the model \"" + read.name() + "\" lacks something",
                            "a name, a baseline and config.files[0].path",
                            "it is left out"));
                } else {
                    models.add(read);
                }
            }
        } catch (JsonProcessingException e) {
            problems.add(unreadable(file.get(), e.getOriginalMessage()));
        } catch (IOException | InvalidPathException e) {
            problems.add(unreadable(file.get(), e.toString()));
        }
        return models;
    }

    private static BridgeProblem unreadable(String file, String why) {
        return BridgeProblem.error(
                BridgeEnvironment.where(CUSTOM_MODELS),
                "",
                "names " + file + ", which cannot be read: " + why,
                "a JSON file of models",
                "correct it or leave it out");
    }
}
