package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import drover.graph.NativeScope;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Path;

/** Inputs and outputs of the reference implementation, from the test resources. */
final class GoldenCase implements AutoCloseable {
    private final String name;
    private final JsonNode json;
    private final SafeTensors tensors;
    private final NativeScope scope;

    private GoldenCase(String name, JsonNode json, SafeTensors tensors, NativeScope scope) {
        this.name = name;
        this.json = json;
        this.tensors = tensors;
        this.scope = scope;
    }

    static GoldenCase open(String name, NativeScope scope) throws IOException, WeightsException {
        Path folder = fixture("goldens/" + name);
        JsonNode json = Fixtures.json(folder.resolve("case.json"));
        return new GoldenCase(name, json, SafeTensors.open(folder.resolve("tensors.safetensors")), scope);
    }

    /** A file or folder of the tiny Stable Diffusion checkpoint. */
    static Path fixture(String path) {
        return Fixtures.path("sd15").resolve(path);
    }

    JsonNode json() {
        return json;
    }

    NDArray array(String tensor) throws WeightsException {
        return tensors.load(scope.manager(), tensor);
    }

    float[] floats(String tensor) throws WeightsException {
        return scope.toFloats(array(tensor));
    }

    void assertClose(NDArray actual, String tensor) throws WeightsException {
        assertThat(actual.getShape())
                .as(name + ": shape of " + tensor)
                .isEqualTo(array(tensor).getShape());
        assertClose(scope.toFloats(actual), tensor);
    }

    void assertClose(float[] actual, String tensor) throws WeightsException {
        float[] expected = floats(tensor);
        assertThat(actual).as(name + ": " + tensor).hasSameSizeAs(expected);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as(name + ": " + tensor).isFinite();
            worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
        }
        double tolerance =
                json.path("tensors").path(tensor).path("tolerance_abs").doubleValue();
        assertThat(tolerance).isPositive();
        assertThat(worst).as(name + ": largest difference in " + tensor).isLessThanOrEqualTo(tolerance);
    }

    @Override
    public void close() {
        tensors.close();
    }
}
