package drover.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import drover.diffusion.Fixtures;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraTest {
    private static Torch torch;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        torch = new Torch(TorchOptions.cpu(1));
    }

    @AfterAll
    static void stop() {
        assertThat(torch.liveHandles()).isZero();
        torch.close();
    }

    /** One LoRA under both sets of names: in one of them alpha / rank is in the matrices already. */
    @Test
    void kohyasAndDiffusersFilesSayTheSame() throws Exception {
        try (Lora kohya = Lora.open(Fixtures.path("lora/kohya_fp16.safetensors"));
                Lora peft = Lora.open(Fixtures.path("lora/diffusers_peft.safetensors"));
                SafeTensors unet = SafeTensors.open(Fixtures.path("sd15/unet/diffusion_pytorch_model.safetensors"));
                NativeScope scope = torch.open("test")) {
            int compared = 0;
            for (String module : peft.modules()) {
                if (module.startsWith("unet.")) {
                    String name = module.substring("unet.".length());
                    Shape shape = unet.find(name + ".weight").orElseThrow().djlShape();
                    NDArray one = kohya.change(
                                    scope.manager(), List.of("x", "lora_unet_" + name.replace('.', '_')), shape, 0.5)
                            .orElseThrow();
                    NDArray other = peft.change(scope.manager(), List.of(module), shape, 0.5)
                            .orElseThrow();
                    assertThat(one.sub(other).abs().max().getFloat()).as(name).isLessThan(1e-5f);
                    compared++;
                }
            }
            assertThat(compared).isGreaterThan(100);
            assertThat(kohya.modules()).hasSameSizeAs(peft.modules());
            assertThat(kohya.change(scope.manager(), List.of("elsewhere"), new Shape(2, 2), 1))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight, true, 768",
        "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight, true, 768",
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_k.lora_down.weight, true, -1",
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.hada_w1_a, false, -1",
    })
    void aHeaderTellsForWhichPromptsItWasMade(String tensor, boolean plain, long width) throws Exception {
        Path file = folder.resolve("x.safetensors");
        new SafeTensorsFile()
                .floats("a.lora_down.weight", List.of(1L, 3L), 1, 2, 3)
                .floats(tensor, List.of(1L, 768L), new float[768])
                .write(file);
        Lora.Outline outline = Lora.outline(file);
        assertThat(outline.plain()).isEqualTo(plain);
        assertThat(outline.contextWidth().orElse(-1)).isEqualTo(width);
    }

    @Test
    void anAlphaThatIsAbsentIsTheRank() throws Exception {
        Path file = folder.resolve("x.safetensors");
        new SafeTensorsFile()
                .floats("m.lora_down.weight", List.of(2L, 1L), 3, 4)
                .floats("m.lora_up.weight", List.of(1L, 2L), 10, 100)
                .write(file);
        try (Lora lora = Lora.open(file);
                NativeScope scope = torch.open("test")) {
            NDArray change = lora.change(scope.manager(), List.of("m"), new Shape(1, 1), -1)
                    .orElseThrow();
            assertThat(change.toFloatArray()).containsExactly(-430);
        }
    }

    @Test
    void aLoraForAnotherArchitectureIsRefused() throws Exception {
        try (Lora lora = Lora.open(Fixtures.path("lora/kohya_fp16.safetensors"));
                NativeScope scope = torch.open("test")) {
            String module = lora.modules().iterator().next();
            assertThatThrownBy(() -> lora.change(scope.manager(), List.of(module), new Shape(64, 33), 1))
                    .isInstanceOf(WeightsException.Unsupported.class)
                    .hasMessageContaining(module)
                    .hasMessageContaining("[64, 33]; the LoRA was made for another architecture");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "m.hada_w1_a | is no plain LoRA but another adaptation",
                "m.dora_scale | is no plain LoRA but another adaptation",
                "m.lora_down.weight | has m.lora_down.weight but no m.lora_up.weight",
                "m.weight | has no tensor of a LoRA",
            })
    void otherFilesAreRefused(String tensor, String reason) throws Exception {
        Path file = folder.resolve("x.safetensors");
        new SafeTensorsFile().floats(tensor, List.of(1L, 1L), 1).write(file);
        assertThatThrownBy(() -> Lora.open(file))
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(reason);
    }
}
