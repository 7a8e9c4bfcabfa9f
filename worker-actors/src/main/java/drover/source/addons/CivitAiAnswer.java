package drover.source.addons;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.horde.PresignedUrl;
import drover.source.addons.AddOnSite.Found;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Reads CivitAI's answers. What a stranger wrote into them is taken as it is: as text. */
final class CivitAiAnswer {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern SHA256 = Pattern.compile("[0-9A-Fa-f]{64}");
    private static final int MAX_WORDS = 100;
    private static final int MAX_WORD_LENGTH = 1_000;
    private static final double KIBI = 1024;
    /** How much a name has to be like the one that was asked for, of 1; as the existing worker has it. */
    private static final double ALIKE = 0.9;

    private final AddOn wanted;

    /** Reads answers about things of this kind; others are refused. */
    CivitAiAnswer(AddOn wanted) {
        this.wanted = wanted;
    }

    /** The answer to {@code /model-versions/…}. */
    Found version(byte[] json) throws IOException {
        JsonNode version = object(json);
        return read(version, version.path("model"), version.path("modelId").asLong());
    }

    /** The answer to {@code /models/…}: the newest version of it that has a file. */
    Found model(byte[] json) throws IOException {
        return newest(object(json));
    }

    /** The answer to {@code /models?query=…}: the one of that name, or of nearly that name. */
    Found search(byte[] json, AddOnName asked) throws IOException {
        JsonNode best = null;
        double likeness = ALIKE;
        for (JsonNode model : object(json).path("items")) {
            double like = TriggerWords.likeness(model.path("name").asText(), asked.text());
            if (like >= likeness && (best == null || like > likeness)) {
                best = model;
                likeness = like;
            }
        }
        return best == null
                ? new Found.Not(
                        AddOnProblem.REFUSED, "there is no " + wanted.words() + " called \"" + asked.text() + "\"")
                : newest(best);
    }

    private static JsonNode object(byte[] json) throws IOException {
        JsonNode node = JSON.readTree(json);
        if (!node.isObject()) {
            throw new IOException("it is no JSON object");
        }
        return node;
    }

    private Found newest(JsonNode model) throws IOException {
        Found last = new Found.Not(AddOnProblem.REFUSED, "it has no version");
        for (JsonNode version : model.path("modelVersions")) {
            Found found = read(version, model, model.path("id").asLong());
            if (found instanceof Found.Here) {
                return found;
            }
            last = found;
        }
        return last;
    }

    private Found read(JsonNode version, JsonNode model, long modelId) throws IOException {
        long id = version.path("id").asLong();
        if (id <= 0) {
            throw new IOException("it has a version without a number");
        }
        String type = model.path("type").asText();
        if (wanted.types().stream().noneMatch(type::equalsIgnoreCase)) {
            return new Found.Not(AddOnProblem.REFUSED, "version " + id + " is no " + wanted.words() + " but " + type);
        }
        Optional<JsonNode> file = file(version.path("files"));
        if (file.isEmpty()) {
            return new Found.Not(AddOnProblem.NOT_SAFETENSORS, "version " + id + " has no safetensors file");
        }
        String url = file.get()
                .path("downloadUrl")
                .asText(version.path("downloadUrl").asText());
        double kibibytes = file.get().path("sizeKB").asDouble();
        return new Found.Here(new AddOnVersion(
                id,
                modelId,
                model.path("name").asText(),
                version.path("baseModel").asText(),
                words(version.path("trainedWords")),
                model.path("nsfw").asBoolean(),
                new PresignedUrl(url),
                kibibytes > 0 ? OptionalLong.of((long) Math.ceil(kibibytes * KIBI)) : OptionalLong.empty(),
                Optional.of(file.get().path("hashes").path("SHA256").asText())
                        .filter(text -> SHA256.matcher(text).matches())));
    }

    /** The version's own file, or the first that will do. */
    private static Optional<JsonNode> file(JsonNode files) {
        Optional<JsonNode> first = Optional.empty();
        for (JsonNode file : files) {
            String name = file.path("name").asText().toLowerCase(Locale.ROOT);
            String format = file.path("metadata").path("format").asText("SafeTensor");
            String type = file.path("type").asText("Model");
            if (name.endsWith(".safetensors") && format.equals("SafeTensor") && type.endsWith("Model")) {
                if (file.path("primary").asBoolean()) {
                    return Optional.of(file);
                }
                first = first.or(() -> Optional.of(file));
            }
        }
        return first;
    }

    private static List<String> words(JsonNode words) {
        List<String> all = new ArrayList<>();
        for (JsonNode word : words) {
            String text = word.asText().strip();
            if (!text.isEmpty() && text.length() <= MAX_WORD_LENGTH && all.size() < MAX_WORDS) {
                all.add(text);
            }
        }
        return all;
    }
}
