package drover.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import drover.weights.RandomWeights;
import drover.weights.SafeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FlopCountTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Holding.class)
    void everyKindIsCountedFromTheShapesOfTheRun(Holding holding) throws Exception {
        Graph graph = new Graph("test", DataType.FLOAT32);
        Tensor x = graph.input("x");
        try (Layer layer = graph.layer("")) {
            // [2, 3, 8, 8] to [2, 16, 4, 4].
            Tensor h = layer.conv2d("conv", x, 3, 16, 3, 2, 1);
            Tensor tokens = h.flatten(2, 3).transpose(1, 2);
            Tensor keys = layer.linearNoBias("k", tokens.narrow(1, 5), 16, 16);
            Tensor queries = layer.linear("q", tokens, 16, 16);
            graph.output("y", queries.multiHeadAttention(keys, keys, 4, false));
        }
        Script script = graph.script();
        Path file = folder.resolve("weights.safetensors");
        RandomWeights.write(
                file,
                Map.of(
                        "conv.weight", List.of(16L, 3L, 3L, 3L),
                        "conv.bias", List.of(16L),
                        "k.weight", List.of(16L, 16L),
                        "q.weight", List.of(16L, 16L),
                        "q.bias", List.of(16L)),
                1);
        Torch torch = new Torch(TorchOptions.cpu(1));
        try (SafeTensors opened = SafeTensors.open(file);
                LoadedWeights weights = LoadedWeights.load(
                        torch, script, opened, "test", UnaryOperator.identity(), holding, bytes -> {});
                NativeScope scope = torch.open("test")) {
            FlopCount count = FlopCount.of(
                    torch, holding.fitting(script), weights, scope.floats(new float[2 * 3 * 64], 2, 3, 8, 8));
            assertThat(count.convolutions()).isEqualTo(2L * (2 * 16 * 4 * 4) * 3 * 9);
            assertThat(count.linears()).isEqualTo(2L * (2 * 5 * 16) * 16 + 2L * (2 * 16 * 16) * 16);
            assertThat(count.attention()).isEqualTo(4L * 2 * 4 * 16 * 5 * 4);
            assertThat(count.attentions()).isOne();
            assertThat(count.fused()).isOne();
            assertThat(count.total()).isEqualTo(count.convolutions() + count.linears() + count.attention());
        } finally {
            torch.close();
        }
    }

    @Test
    void randomWeightsAreReadAsTheyWereWritten() throws Exception {
        Path file = folder.resolve("random.safetensors");
        Map<String, List<Long>> shapes = Map.of("norm.weight", List.of(8L), "linear.weight", List.of(1500L, 1000L));
        long bytes = RandomWeights.write(file, shapes, 1);
        assertThat(bytes).isGreaterThan(RandomWeights.bytes(shapes)).isEqualTo(Files.size(file));
        Torch torch = new Torch(TorchOptions.cpu(1));
        try (SafeTensors opened = SafeTensors.open(file);
                NativeScope scope = torch.open("test")) {
            assertThat(opened.load(scope.manager(), "norm.weight", DataType.FLOAT32)
                            .toFloatArray())
                    .containsOnly(1);
            float[] values = opened.load(scope.manager(), "linear.weight", DataType.FLOAT32)
                    .toFloatArray();
            double mean = 0;
            double most = 0;
            for (float value : values) {
                mean += value / values.length;
                most = Math.max(most, Math.abs(value));
            }
            assertThat(mean).isBetween(-0.001, 0.001);
            assertThat(most).isBetween(0.05, 0.055);
        } finally {
            torch.close();
        }
    }
}
