package drover.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.inference.EngineException;
import drover.weights.MappedFiles;
import drover.weights.SafeTensors;
import drover.weights.SafeTensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LoadedWeightsTest {
    @TempDir
    Path folder;

    private Torch torch;
    private Script script;

    @BeforeEach
    void describe() {
        torch = new Torch(TorchOptions.cpu(1));
        Graph graph = new Graph("net", DataType.FLOAT32);
        try (Layer at = graph.layer("head")) {
            graph.output("y", at.linear("fc", graph.input("x"), 2, 1));
        }
        script = graph.script();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(torch.liveHandles()).isZero();
        torch.close();
    }

    @Test
    void runsWithWeightsUnderOtherNames() throws Exception {
        SafeTensorsFile file = new SafeTensorsFile()
                .floats("model.head.fc.weight", List.of(1L, 2L), 3, 5)
                .floats("model.head.fc.bias", List.of(1L), 7);
        List<Long> heard = new ArrayList<>();
        try (LoadedWeights weights = load(file, key -> "model." + key, heard::add);
                CompiledGraph graph = new CompiledGraph(torch, script);
                NativeScope scope = torch.open("test")) {
            NDArray y = graph.run(weights, scope, scope.floats(new float[] {10, 100}, 1, 2))
                    .get("y");
            assertThat(y.toFloatArray()).containsExactly(537);
            assertThat(weights.bytes()).isEqualTo(12).isEqualTo(LoadedWeights.bytes(script));
            assertThat(heard).containsExactly(8L, 4L);
        }
    }

    @Test
    void everyMissingAndEveryMisshapenWeightIsNamedBeforeAnythingIsLoaded() {
        SafeTensorsFile file = new SafeTensorsFile().floats("head.fc.weight", List.of(2L, 1L), 3, 5);
        List<Long> heard = new ArrayList<>();
        assertThatThrownBy(() -> load(file, UnaryOperator.identity(), heard::add))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("weights of net in the test file")
                .hasMessageContaining("head.fc.weight has shape (2, 1), expected (1, 2)")
                .hasMessageContaining("head.fc.bias is missing, expected shape (1)");
        assertThat(heard).isEmpty();
    }

    @Test
    void loadingCanBeStopped() {
        SafeTensorsFile file = new SafeTensorsFile()
                .floats("head.fc.weight", List.of(1L, 2L), 3, 5)
                .floats("head.fc.bias", List.of(1L), 7);
        assertThatThrownBy(() -> load(file, UnaryOperator.identity(), bytes -> {
                    throw new EngineException.Cancelled();
                }))
                .isInstanceOf(EngineException.Cancelled.class);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void weightsThatNeedNoConversionLieInTheFileUntilTheyAreClosed() throws Exception {
        Path path = aligned();
        LoadedWeights first = load(torch, path);
        LoadedWeights second = load(torch, path);
        assertThat(result(first)).isEqualTo(537);
        first.close();
        assertThat(MappedFiles.contain(path)).isTrue();
        assertThat(result(second)).isEqualTo(537);
        try (LoadedWeights patched = second.patched(
                torch,
                script,
                (manager, spec) -> spec.key().endsWith(".bias")
                        ? Optional.of(manager.create(new float[] {1}))
                        : Optional.empty())) {
            assertThat(result(patched)).isEqualTo(538);
        }
        assertThat(result(second)).isEqualTo(537);
        second.close();
        second.close();
        assertThat(MappedFiles.contain(path)).isFalse();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theFileIsLetGoWhereWeightsAreCopied() throws Exception {
        Path path = aligned();
        Torch copying = new Torch(TorchOptions.cpu(1).mapping(false));
        try (LoadedWeights weights = load(copying, path)) {
            assertThat(MappedFiles.contain(path)).isFalse();
            assertThat(result(weights)).isEqualTo(537);
        } finally {
            copying.close();
        }
        Path halves = new SafeTensorsFile()
                .tensor("head.fc.weight", "F16", List.of(1L, 2L), new byte[4])
                .tensor("head.fc.bias", "F16", List.of(1L), new byte[2])
                .write(folder.resolve("halves.safetensors"), 0);
        try (LoadedWeights weights = load(torch, halves)) {
            assertThat(MappedFiles.contain(halves)).isFalse();
            assertThat(result(weights)).isZero();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theFileIsLetGoWhenLoadingIsStopped() throws Exception {
        Path path = aligned();
        try (SafeTensors opened = SafeTensors.open(path)) {
            assertThatThrownBy(
                            () -> LoadedWeights.load(torch, script, opened, "test", UnaryOperator.identity(), bytes -> {
                                throw new EngineException.Cancelled();
                            }))
                    .isInstanceOf(EngineException.Cancelled.class);
        }
        assertThat(MappedFiles.contain(path)).isFalse();
    }

    private Path aligned() throws Exception {
        return new SafeTensorsFile()
                .floats("head.fc.weight", List.of(1L, 2L), 3, 5)
                .floats("head.fc.bias", List.of(1L), 7)
                .write(folder.resolve("aligned.safetensors"), 0);
    }

    private float result(LoadedWeights weights) {
        try (CompiledGraph graph = new CompiledGraph(torch, script);
                NativeScope scope = torch.open("test")) {
            NDArray x = scope.floats(new float[] {10, 100}, 1, 2);
            return graph.run(weights, scope, x).get("y").getFloat(0, 0);
        }
    }

    private LoadedWeights load(Torch owner, Path path) throws Exception {
        try (SafeTensors opened = SafeTensors.open(path)) {
            return LoadedWeights.load(owner, script, opened, "test", UnaryOperator.identity(), bytes -> {});
        }
    }

    private LoadedWeights load(SafeTensorsFile file, UnaryOperator<String> names, LoadedWeights.Listener listener)
            throws Exception {
        try (SafeTensors opened = SafeTensors.open(file.write(folder.resolve("w.safetensors")))) {
            return LoadedWeights.load(torch, script, opened, "the test file", names, listener);
        }
    }
}
