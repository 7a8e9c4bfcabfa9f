package drover.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import drover.weights.SafeTensors;
import drover.weights.SafeTensorsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphTest {
    private static Torch torch;

    @TempDir
    Path folder;

    private NativeScope scope;

    @BeforeAll
    static void startTorch() {
        torch = new Torch(TorchOptions.cpu(1));
    }

    @AfterAll
    static void stopTorch() {
        torch.close();
    }

    @BeforeEach
    void openScope() {
        scope = torch.open("test");
    }

    @AfterEach
    void closeScope() {
        scope.close();
        assertThat(torch.liveHandles()).isZero();
    }

    @Test
    void layersNameLinesAndWeights() {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        try (Layer _ = graph.layer("down_blocks.0")) {
            try (Layer resnet = graph.layer("resnets.1")) {
                x = resnet.conv2d("conv1", x, 3, 8, 3).silu();
            }
        }
        graph.output("y", x);
        Script script = graph.script();

        assertThat(script.weights())
                .containsExactly(
                        new WeightSpec("down_blocks.0.resnets.1.conv1.weight", new Shape(8, 3, 3, 3)),
                        new WeightSpec("down_blocks.0.resnets.1.conv1.bias", new Shape(8)));
        assertThat(script.lines())
                .extracting(Script.Line::layer)
                .containsExactly("down_blocks.0.resnets.1", "down_blocks.0.resnets.1", "");
        assertThat(script.source()).contains("x1 = torch.silu(x0)\n", "return [x1]\n");
    }

    @Test
    void computesElementwiseOperations() throws Exception {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        graph.output("sum", x.add(x.mul(2)));
        graph.output("quick", x.quickGelu());
        graph.output("clamped", x.clamp(-1, 1));
        graph.output("counted", x.arange(3));
        try (CompiledGraph compiled = new CompiledGraph(torch, graph.script());
                LoadedWeights none = noWeights(graph)) {
            Outputs y = compiled.run(none, scope, scope.floats(new float[] {-2, 0, 3}, 3));
            assertThat(y.get("sum").toFloatArray()).containsExactly(-6, 0, 9);
            assertThat(y.get("clamped").toFloatArray()).containsExactly(-1, 0, 1);
            assertThat(y.get("counted").toFloatArray()).containsExactly(0, 1, 2);
            assertThat(y.get("quick").toFloatArray()[2]).isCloseTo(2.98192f, within(1e-4f));
        }
    }

    @Test
    void splitsAndPicksRows() throws Exception {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        Tensor ids = graph.input("ids");
        List<Tensor> halves = x.chunk(2, -1);
        graph.output("second", halves.get(1));
        graph.output("row", x.rowAt(ids.argmax(), 2));
        try (CompiledGraph compiled = new CompiledGraph(torch, graph.script());
                LoadedWeights none = noWeights(graph)) {
            NDArray input = scope.floats(new float[] {1, 2, 3, 4, 5, 6}, 1, 3, 2);
            // 9 is there twice; the first of the largest counts.
            Outputs y = compiled.run(none, scope, input, scope.longs(new long[] {4, 9, 9}, 1, 3));
            assertThat(y.get("second").toFloatArray()).containsExactly(2, 4, 6);
            assertThat(y.get("row").toFloatArray()).containsExactly(3, 4);
        }
    }

    @Test
    void convertsToHalfAndBack() throws Exception {
        Graph graph = new Graph("net", DataType.FLOAT16);
        graph.output("half", graph.input("x").toGraphType());
        try (CompiledGraph compiled = new CompiledGraph(torch, graph.script());
                LoadedWeights none = noWeights(graph)) {
            NDArray half = compiled.run(none, scope, scope.floats(new float[] {1.5f}, 1))
                    .get("half");
            assertThat(half.getDataType()).isEqualTo(DataType.FLOAT16);
            assertThat(scope.toFloats(half)).containsExactly(1.5f);
        }
    }

    @Test
    void whatCannotBeCompiledIsNamedByLineAndLayer() {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        try (Layer _ = graph.layer("mid_block.attentions.0")) {
            x = graph.line("torch.sillyu(%s)".formatted(x.silu()));
        }
        graph.output("y", x.silu());

        GraphException thrown =
                catchThrowableOfType(GraphException.class, () -> new CompiledGraph(torch, graph.script()).close());
        assertThat(thrown.layer()).contains("mid_block.attentions.0");
        assertThat(thrown.line()).contains("x1 = torch.sillyu(x0)");
        assertThat(thrown)
                .hasMessageContaining("net, layer mid_block.attentions.0, line x1 = torch.sillyu(x0)")
                .hasMessageContaining("Unknown builtin op: aten::sillyu");
        assertThat(thrown.outOfMemory()).isFalse();
    }

    @Test
    void whatCannotBeRunIsNamedByLineAndLayer() throws Exception {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        try (Layer _ = graph.layer("up_blocks.1")) {
            x = x.silu().reshape(7, -1);
        }
        graph.output("y", x);
        try (CompiledGraph compiled = new CompiledGraph(torch, graph.script());
                LoadedWeights none = noWeights(graph)) {
            GraphException thrown = catchThrowableOfType(
                    GraphException.class, () -> compiled.run(none, scope, scope.floats(new float[4], 4)));
            assertThat(thrown.layer()).contains("up_blocks.1");
            assertThat(thrown.line()).contains("x1 = torch.reshape(x0, [7, -1])");
            assertThat(thrown).hasMessageEndingWith("shape '[7, -1]' is invalid for input of size 4");
        }
    }

    @Test
    void runningOutOfMemoryIsRecognised() throws Exception {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        graph.output("y", x.upsampleNearest(1 << 22));
        try (CompiledGraph compiled = new CompiledGraph(torch, graph.script());
                LoadedWeights none = noWeights(graph)) {
            GraphException thrown = catchThrowableOfType(
                    GraphException.class, () -> compiled.run(none, scope, scope.floats(new float[] {1}, 1, 1, 1, 1)));
            assertThat(thrown.outOfMemory()).as(thrown.getMessage()).isTrue();
        }
    }

    @Test
    void mistakesInTheDescriptionAreRefusedAtOnce() {
        Graph graph = new Graph("net", DataType.FLOAT32);
        Tensor x = graph.input("x");
        assertThatThrownBy(() -> graph.input("x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> x.mul(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(graph::script).hasMessage("graph net has no output");
        try (Layer at = graph.layer("a")) {
            graph.output("y", at.linear("fc", x, 2, 3));
            assertThatThrownBy(() -> at.linear("fc", x, 3, 2))
                    .hasMessage("weight a.fc.weight is used as (3, 2) and as (2, 3)");
            assertThatThrownBy(() -> graph.output("y", x)).hasMessageContaining("twice");
        }
        Layer outer = graph.layer("outer");
        try (Layer _ = graph.layer("inner")) {
            assertThatThrownBy(outer::close).hasMessage("layer outer is closed while outer.inner is open");
        }
        outer.close();
    }

    @Test
    void closingTorchFreesWhatScopesHold() {
        Torch other = new Torch(TorchOptions.cpu(1));
        NativeScope forgotten = other.open("forgotten");
        forgotten.floats(new float[] {1, 2}, 2);
        forgotten.longs(new long[] {1}, 1);
        assertThat(other.liveHandles()).isEqualTo(2);
        other.close();
        other.close();
        forgotten.close();
        assertThat(other.liveHandles()).isZero();
    }

    private LoadedWeights noWeights(Graph graph) throws Exception {
        try (SafeTensors file = SafeTensors.open(new SafeTensorsFile().write(folder.resolve("none.safetensors")))) {
            return LoadedWeights.load(torch, graph.script(), file, "test", UnaryOperator.identity(), bytes -> {});
        }
    }
}
