package drover.diffusion;

import drover.digest.Sha256;
import drover.inference.EngineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of a model's weights, and what they hash to. */
public final class ModelFiles {
    private ModelFiles() {}

    /** Gives the SHA-256 of a file. */
    @FunctionalInterface
    public interface Hashing {
        /** In small hexadecimal digits; empty if it is not to be had without reading the file. */
        Optional<String> of(Path file) throws IOException;
    }

    /**
     * The SHA-256 of each file.
     *
     * @return by file; empty if that of any is not to be had
     */
    public static Optional<Map<Path, String>> hashes(ModelSource model, Hashing hashing)
            throws EngineException, IOException {
        Map<Path, String> hashes = new LinkedHashMap<>();
        for (Path file : model.files()) {
            Optional<String> hash = hashing.of(file);
            if (hash.isEmpty()) {
                return Optional.empty();
            }
            hashes.put(file, hash.get());
        }
        return Optional.of(hashes);
    }

    /**
     * The SHA-256 of a model: of a single file that of the file; of a folder that of what {@code sha256sum} prints there
     * for its files of weights, sorted by their paths.
     */
    public static String digest(Path model, Map<Path, String> hashes) {
        if (hashes.containsKey(model)) {
            return hashes.getOrDefault(model, "");
        }
        List<Path> files = new ArrayList<>(hashes.keySet());
        Collections.sort(files);
        StringBuilder lines = new StringBuilder();
        for (Path file : files) {
            lines.append(hashes.get(file))
                    .append("  ")
                    .append(model.relativize(file))
                    .append('\n');
        }
        return Sha256.of(lines.toString().getBytes(StandardCharsets.UTF_8));
    }
}
