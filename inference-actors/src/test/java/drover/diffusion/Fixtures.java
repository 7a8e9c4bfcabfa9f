package drover.diffusion;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** The golden files in the test resources. */
public final class Fixtures {
    private static final JsonMapper JSON = new JsonMapper();

    private Fixtures() {}

    /** A file or folder below {@code src/test/resources/fixtures}. */
    public static Path path(String name) {
        try {
            URI uri = Objects.requireNonNull(Fixtures.class.getResource("/fixtures/" + name), name)
                    .toURI();
            return Path.of(uri);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A JSON file. */
    public static JsonNode json(Path file) throws IOException {
        return JSON.readTree(file.toFile());
    }

    /** A float tensor of a case. */
    public static float[] floats(Path caseFolder, String tensor) throws WeightsException {
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(caseFolder.resolve("tensors.safetensors"))) {
            return file.load(manager, tensor, DataType.FLOAT32).toFloatArray();
        }
    }
}
