package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.graph.Script;
import org.junit.jupiter.api.Test;

/** The real models' settings give networks of exactly the real models' parameter counts. */
class FullSizeTest {
    private static final String SD15_UNET = """
            {"in_channels": 4, "out_channels": 4, "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2,
             "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                  "DownBlock2D"],
             "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
             "attention_head_dim": 8, "cross_attention_dim": 768, "norm_num_groups": 32, "norm_eps": 1e-05,
             "act_fn": "silu", "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0,
             "center_input_sample": false, "mid_block_scale_factor": 1, "sample_size": 64}
            """;

    @Test
    void stableDiffusion15UNet() throws Exception {
        Script script = UNetGraph.describe(UNetConfig.of(config(SD15_UNET)), DataType.FLOAT32);
        assertThat(script.weights()).hasSize(686);
        assertThat(parameters(script)).isEqualTo(859_520_964L);
    }

    @Test
    void stableDiffusion2UNet() throws Exception {
        String sd2 = SD15_UNET
                .replace("\"attention_head_dim\": 8", "\"attention_head_dim\": [5, 10, 20, 20]")
                .replace("\"cross_attention_dim\": 768", "\"cross_attention_dim\": 1024")
                .replace("{\"in_channels\"", "{\"use_linear_projection\": true, \"in_channels\"");
        Script script = UNetGraph.describe(UNetConfig.of(config(sd2)), DataType.FLOAT32);
        assertThat(parameters(script)).isEqualTo(865_910_724L);
    }

    @Test
    void stableDiffusion2FromTheSettingsOfItsArchitecture() throws Exception {
        String folder = "/drover/architectures/sd2/";
        ConfigFile unet = ConfigFile.resource(folder + "unet.json");
        assertThat(parameters(UNetGraph.describe(UNetConfig.of(unet), DataType.FLOAT16)))
                .isEqualTo(865_910_724L);
        UNetConfig inpainting = UNetConfig.of(unet.with("in_channels", 9));
        assertThat(parameters(UNetGraph.describe(inpainting, DataType.FLOAT16))).isEqualTo(865_925_124L);
        // attention_head_dim counts heads: each has 64 channels.
        assertThat(UNetConfig.of(unet).heads()).containsExactly(5, 10, 20, 20);
        ClipTextConfig text = ClipTextConfig.of(ConfigFile.resource(folder + "text_encoder.json"));
        assertThat(text.quickGelu()).isFalse();
        assertThat(parameters(ClipTextGraph.describe(text, DataType.FLOAT16))).isEqualTo(340_387_840L);
        assertThat(VaeConfig.of(ConfigFile.resource(folder + "vae.json")).scalingFactor())
                .isEqualTo(0.18215);
        assertThat(NoiseSchedule.of(ConfigFile.resource(folder + "scheduler.json"))
                        .prediction())
                .isEqualTo(Prediction.EPSILON);
    }

    @Test
    void stableDiffusion15TextEncoder() throws Exception {
        ClipTextConfig clip = ClipTextConfig.of(config("""
                {"vocab_size": 49408, "max_position_embeddings": 77, "hidden_size": 768, "intermediate_size": 3072,
                 "num_hidden_layers": 12, "num_attention_heads": 12, "hidden_act": "quick_gelu"}
                """));
        assertThat(parameters(ClipTextGraph.describe(clip, DataType.FLOAT32))).isEqualTo(123_060_480L);
    }

    @Test
    void stableDiffusion15Autoencoder() throws Exception {
        VaeConfig vae = VaeConfig.of(config("""
                {"in_channels": 3, "out_channels": 3, "latent_channels": 4, "layers_per_block": 2,
                 "block_out_channels": [128, 256, 512, 512], "norm_num_groups": 32, "act_fn": "silu",
                 "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D",
                                      "DownEncoderBlock2D"],
                 "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]}
                """));
        long both = parameters(VaeGraph.encoder(vae, DataType.FLOAT32))
                + parameters(VaeGraph.decoder(vae, DataType.FLOAT32));
        assertThat(both).isEqualTo(83_653_863L);
        assertThat(vae.factor()).isEqualTo(8);
        assertThat(vae.scalingFactor()).isEqualTo(0.18215);
    }

    @Test
    void stableDiffusionXlFromTheSettingsOfItsArchitecture() throws Exception {
        String folder = "/drover/architectures/sdxl/";
        UNetConfig unet = UNetConfig.of(ConfigFile.resource(folder + "unet.json"));
        assertThat(parameters(UNetGraph.describe(unet, DataType.FLOAT16))).isEqualTo(2_567_463_684L);
        ClipTextConfig second = ClipTextConfig.of(ConfigFile.resource(folder + "text_encoder_2.json"));
        assertThat(parameters(ClipTextGraph.describe(second, DataType.FLOAT16))).isEqualTo(694_659_840L);
        VaeConfig vae = VaeConfig.of(ConfigFile.resource(folder + "vae.json"));
        assertThat(vae.dtype(DataType.FLOAT16)).isEqualTo(DataType.FLOAT32);
        assertThat(vae.scalingFactor()).isEqualTo(0.13025);
    }

    private static long parameters(Script script) {
        return script.weights().stream().mapToLong(w -> w.shape().size()).sum();
    }

    private static ConfigFile config(String json) throws Exception {
        return ConfigFile.of("config.json", JsonMapper.builder().build().readTree(json));
    }
}
