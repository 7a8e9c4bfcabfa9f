package drover.source.models;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The Horde's list of image models, {@code stable_diffusion.json}: an object of models by name, each with its
 * {@code baseline}, {@code nsfw}, {@code inpainting} and {@code size_on_disk_bytes}. Everything else in it is passed over.
 * Immutable.
 */
public final class ModelReference {
    /** Bytes of the longest file that is read; the real one has less than 1 MB. */
    public static final int MAX_BYTES = 32 * 1024 * 1024;

    private static final int MAX_MODELS = 20_000;
    private static final int MAX_NAME = 300;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(30)
                            .maxDocumentLength(MAX_BYTES)
                            .build())
                    .build())
            .build();

    private final Map<String, ReferenceModel> models;

    private ModelReference(Map<String, ReferenceModel> models) {
        this.models = Collections.unmodifiableMap(models);
    }

    /** A reference of these models. */
    public static ModelReference of(Collection<ReferenceModel> models) {
        Map<String, ReferenceModel> byName = new LinkedHashMap<>();
        models.forEach(model -> byName.put(model.name(), model));
        return new ModelReference(byName);
    }

    /**
     * Reads the file's bytes. An entry that is not a model is passed over.
     *
     * @throws IOException if it is not JSON, too large, or without any model
     */
    public static ModelReference parse(byte[] json) throws IOException {
        if (json.length > MAX_BYTES) {
            throw new IOException("is longer than " + MAX_BYTES + " bytes");
        }
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            String line =
                    e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
            throw new IOException("is not JSON: " + line + e.getOriginalMessage(), e);
        }
        Map<String, ReferenceModel> models = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            String name = entry.getKey();
            JsonNode model = entry.getValue();
            if (!name.isBlank()
                    && name.length() <= MAX_NAME
                    && model.path("baseline").isTextual()) {
                models.put(name, model(name, model));
            }
        }
        if (models.isEmpty() || models.size() > MAX_MODELS) {
            throw new IOException("has " + models.size()
                    + " image models; expected an object of models by name, each with its baseline");
        }
        return new ModelReference(models);
    }

    private static ReferenceModel model(String name, JsonNode model) {
        long bytes = model.path("size_on_disk_bytes").asLong(0);
        return new ReferenceModel(
                name,
                Baseline.of(model.path("baseline").asText()),
                model.path("nsfw").asBoolean(false),
                model.path("inpainting").asBoolean(false),
                bytes > 0 ? OptionalLong.of(bytes) : OptionalLong.empty());
    }

    /** The model of exactly this name. */
    public Optional<ReferenceModel> find(String name) {
        return Optional.ofNullable(models.get(name));
    }

    /** All models, in the order of the file. */
    public Collection<ReferenceModel> all() {
        return models.values();
    }
}
