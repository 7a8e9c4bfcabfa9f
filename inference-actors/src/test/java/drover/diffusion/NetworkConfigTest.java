package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.graph.Script;
import drover.graph.WeightSpec;
import drover.inference.EngineException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that are not supported, or make no sense, fail with the file, the key and the value. */
class NetworkConfigTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "act_fn | \"relu\" | act_fn is \"relu\"; only silu is supported",
                "addition_embed_type | \"image\" | addition_embed_type is \"image\"; only text_time is supported",
                "mid_block_scale_factor | 2 | mid_block_scale_factor is 2; only 1 is supported",
                "resnet_time_scale_shift | \"scale_shift\" | resnet_time_scale_shift is \"scale_shift\"",
                "num_class_embeds | 10 | num_class_embeds is 10; only null",
                "_class_name | \"UNet3DConditionModel\" | _class_name is \"UNet3DConditionModel\"",
                "down_block_types | [\"AttnDownBlock2D\",\"DownBlock2D\",\"DownBlock2D\",\"DownBlock2D\"] |"
                        + " down_block_types has AttnDownBlock2D; supported are",
            })
    void unetRefusesWhatIsNotSupported(String key, String value, String message) throws Exception {
        assertThatThrownBy(() -> UNetConfig.of(config("unet", key, value)))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining("unet/config.json: ")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "norm_num_groups | 7 | norm_num_groups is 7; expected a divisor of block_out_channels, which is 16",
                "attention_head_dim | 3 | attention_head_dim is 3; expected a divisor of block_out_channels",
                "attention_head_dim | [2, 2] | attention_head_dim is [2, 2]; expected one number, or one for each",
                "layers_per_block | 0 | layers_per_block is 0; expected 1 to 200",
                "up_block_types | [\"UpBlock2D\"] | expected 4, as block_out_channels",
                "cross_attention_dim | null | cross_attention_dim is missing",
                "block_out_channels | [15, 32, 32, 32] | the first must be even",
                "conv_in_kernel | 4 | must be odd",
            })
    void unetRefusesWhatMakesNoSense(String key, String value, String message) throws Exception {
        assertThatThrownBy(() -> UNetConfig.of(config("unet", key, value)))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text_encoder | hidden_act | \"relu\" | hidden_act is relu; supported are quick_gelu, gelu",
                "text_encoder | num_attention_heads | 5 | expected a divisor of hidden_size, which is 32",
                "vae | act_fn | \"relu\" | act_fn is \"relu\"; only silu is supported",
                "vae | shift_factor | 0.1 | shift_factor is 0.1; only null is supported",
                "vae | norm_num_groups | 3 | norm_num_groups is 3; expected a divisor",
                "vae | out_channels | 4 | out_channels is 4; only 3 is supported",
            })
    void otherNetworksToo(String part, String key, String value, String message) throws Exception {
        assertThatThrownBy(() -> {
                    ConfigFile config = config(part, key, value);
                    if (part.equals("vae")) {
                        VaeConfig.of(config);
                    } else {
                        ClipTextConfig.of(config);
                    }
                })
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(part + "/config.json: ")
                .hasMessageContaining(message);
    }

    /** The shape of Stable Diffusion 2: linear projections, other head counts for each block. */
    @Test
    void stableDiffusion2FallsOut() throws Exception {
        ObjectNode json = json("unet");
        json.set("attention_head_dim", JSON.readTree("[2, 4, 8, 8]"));
        json.put("use_linear_projection", true);
        json.set("transformer_layers_per_block", JSON.readTree("[1, 2, 3, 4]"));
        json.put("in_channels", 9);
        Script script = UNetGraph.describe(UNetConfig.of(ConfigFile.of("test", json)), DataType.FLOAT16);

        assertThat(shape(script, "conv_in.weight")).isEqualTo(new Shape(16, 9, 3, 3));
        assertThat(shape(script, "down_blocks.1.attentions.0.proj_in.weight")).isEqualTo(new Shape(32, 32));
        assertThat(script.weights())
                .extracting(WeightSpec::key)
                .contains(
                        "down_blocks.2.attentions.1.transformer_blocks.2.attn2.to_k.weight",
                        "mid_block.attentions.0.transformer_blocks.3.norm1.weight",
                        "up_blocks.1.attentions.2.transformer_blocks.2.ff.net.0.proj.weight",
                        "up_blocks.3.attentions.2.transformer_blocks.0.attn1.to_out.0.bias")
                .doesNotContain("up_blocks.3.attentions.2.transformer_blocks.1.norm1.weight");
    }

    private static Shape shape(Script script, String key) {
        return script.weights().stream()
                .filter(w -> w.key().equals(key))
                .findFirst()
                .orElseThrow()
                .shape();
    }

    private static ConfigFile config(String part, String key, String value) throws Exception {
        ObjectNode json = json(part);
        json.set(key, JSON.readTree(value));
        return ConfigFile.of(part + "/config.json", json);
    }

    private static ObjectNode json(String part) throws Exception {
        return (ObjectNode)
                JSON.readTree(Fixtures.path("sd15/" + part + "/config.json").toFile());
    }
}
