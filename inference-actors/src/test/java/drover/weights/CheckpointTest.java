package drover.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    @TempDir
    Path folder;

    @Test
    void opensASingleFile() throws Exception {
        shard("model.safetensors", "a", 1);
        assertThat(loadAll()).containsExactly(1f);
    }

    @Test
    void opensTheHalfPrecisionVariantWhenThereIsNoOther() throws Exception {
        shard("model.fp16.safetensors", "a", 1);
        assertThat(loadAll()).containsExactly(1f);
    }

    @Test
    void opensShardsThroughTheirIndex() throws Exception {
        shard("model-1.safetensors", "a", 1);
        shard("model-2.safetensors", "b", 2);
        index(
                "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"model-1.safetensors\",\"b\":\"model-2.safetensors\"}}");
        assertThat(loadAll()).containsExactly(1f, 2f);
    }

    @Test
    void namesTheMissingShard() throws IOException {
        shard("model-1.safetensors", "a", 1);
        index("{\"weight_map\":{\"a\":\"model-1.safetensors\",\"b\":\"model-2.safetensors\"}}");
        assertThatThrownBy(() -> Checkpoint.open(folder, "model"))
                .isInstanceOf(WeightsException.Missing.class)
                .hasMessageContaining("tensor b is in model-2.safetensors, but that file is missing");
    }

    @Test
    void namesTheTensorThatIsNotInItsShard() throws IOException {
        shard("model-1.safetensors", "a", 1);
        index("{\"weight_map\":{\"a\":\"model-1.safetensors\",\"b\":\"model-1.safetensors\"}}");
        assertThatThrownBy(() -> Checkpoint.open(folder, "model"))
                .isInstanceOf(WeightsException.Missing.class)
                .hasMessageContaining("tensor b is in model-1.safetensors, but it is not there");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"../model-1.safetensors\"",
                "\"/etc/model-1.safetensors\"",
                "\"a/../../model-1.safetensors\"",
                "\"..\\\\model-1.safetensors\"",
                "\"model-1.safetensors\\u0000\"",
                "\"model-1.bin\"",
                "\"..\"",
                "\"\"",
                "7",
                "null",
            })
    void refusesAShardOutsideItsFolder(String name) throws IOException {
        shard("model-1.safetensors", "a", 1);
        index("{\"weight_map\":{\"a\":" + name + "}}");
        assertThatThrownBy(() -> Checkpoint.open(folder, "model"))
                .isInstanceOf(WeightsException.Damaged.class)
                .hasMessageContaining("tensor a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"weight_map\":[]}",
                "{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}",
                "{\"weight_map\":{}} x"
            })
    void refusesABrokenIndex(String json) throws IOException {
        index(json);
        assertThatThrownBy(() -> Checkpoint.open(folder, "model")).isInstanceOf(WeightsException.Damaged.class);
    }

    @Test
    void saysThatOnlyAPickleIsThere() throws IOException {
        Files.write(folder.resolve("model.bin"), new byte[3]);
        assertThatThrownBy(() -> Checkpoint.open(folder, "model"))
                .isInstanceOf(WeightsException.Unsupported.class)
                .hasMessageContaining("pickle");
    }

    @Test
    void saysWhatWasExpectedInAnEmptyFolder() {
        assertThatThrownBy(() -> Checkpoint.open(folder, "model"))
                .isInstanceOf(WeightsException.Missing.class)
                .hasMessageContaining("expected model.safetensors");
    }

    private void shard(String name, String tensor, float value) throws IOException {
        new SafeTensorsFile().floats(tensor, List.of(1L), value).write(folder.resolve(name));
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    }

    private List<Float> loadAll() throws WeightsException {
        try (NDManager manager = NDManager.newBaseManager();
                Checkpoint checkpoint = Checkpoint.open(folder, "model")) {
            List<Float> values = new java.util.ArrayList<>();
            for (String name : checkpoint.names()) {
                values.add(checkpoint.load(manager, name).getFloat(0));
            }
            assertThat(checkpoint.bytes()).isEqualTo(4L * values.size());
            return values;
        }
    }
}
