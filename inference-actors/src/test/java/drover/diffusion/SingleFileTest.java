package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Script;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.graph.WeightSpec;
import drover.inference.EngineException;
import drover.weights.RenamedWeights.Stored;
import drover.weights.SafeTensorsFile;
import drover.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SingleFileTest {
    @TempDir
    Path folder;

    /** The reference's map of names covers every key; so must this one, to the letter. */
    @ParameterizedTest
    @CsvSource({
        "sd15, unet",
        "sd15, vae",
        "sd15, text_encoder",
        "sdxl, unet",
        "sdxl, vae",
        "sdxl, text_encoder",
        "sdxl, text_encoder_2"
    })
    void everyNameIsTheReferences(String model, String part) throws Exception {
        JsonNode golden = Fixtures.json(Fixtures.path("single-file/keys.json")).get(model);
        ConfigFile config = ModelSource.at(Fixtures.path(model)).config(part);
        Function<String, Stored> names = switch (part) {
            case "unet" -> OriginalNames.unet(UNetConfig.of(config));
            case "vae" -> OriginalNames.vae(4);
            case "text_encoder" ->
                OriginalNames.clip(
                        model.equals("sdxl")
                                ? "conditioner.embedders.0.transformer."
                                : "cond_stage_model.transformer.");
            default -> OriginalNames.openClip("conditioner.embedders.1.model.");
        };
        assertThat(golden.get(part).size()).isGreaterThan(60);
        for (Map.Entry<String, JsonNode> entry : golden.get(part).properties()) {
            Stored stored = names.apply(entry.getKey());
            String said = stored.name()
                    + stored.third()
                            .map(third -> List.of(" rows 0:H", " rows H:2H", " rows 2H:3H")
                                    .get(third))
                            .orElse("")
                    + (stored.transposed() ? " (transposed)" : "");
            assertThat(said).as(entry.getKey()).isEqualTo(entry.getValue().textValue());
        }
    }

    /** Half precision of the same numbers, bent into other shapes: what comes out must be the folder's, rounded. */
    @ParameterizedTest
    @CsvSource({"sd15, vae", "sd15, text_encoder", "sdxl, text_encoder_2"})
    void theNumbersAreTheFolders(String model, String part) throws Exception {
        ModelSource parts = ModelSource.at(Fixtures.path(model));
        ModelSource file =
                ModelSource.singleFile(Fixtures.path("single-file/" + model + "-fp16.safetensors"), parts.path());
        ConfigFile config = parts.config(part);
        Script script = part.equals("vae")
                ? VaeGraph.decoder(VaeConfig.of(config), DataType.FLOAT32)
                : ClipTextGraph.describe(ClipTextConfig.of(config), DataType.FLOAT32);
        try (Torch torch = new Torch(TorchOptions.cpu(1));
                NativeScope scope = torch.open("test");
                Weights single =
                        file.weights(part, names -> UnaryOperator.identity()).weights();
                Weights whole =
                        parts.weights(part, names -> UnaryOperator.identity()).weights()) {
            LoadedWeights.check(script, single, "test", UnaryOperator.identity());
            for (WeightSpec spec : script.weights()) {
                NDArray expected = whole.load(scope.manager(), spec.key()).toType(DataType.FLOAT16, false);
                NDArray found = single.load(scope.manager(), spec.key());
                assertThat(found.getShape()).as(spec.key()).isEqualTo(spec.shape());
                assertThat(found.contentEquals(expected)).as(spec.key()).isTrue();
            }
        }
    }

    @Test
    void drawsWithTheVocabularyBesideIt() throws Exception {
        ModelSource parts = ModelSource.at(Fixtures.path("sd15"));
        ModelSource file = ModelSource.singleFile(Fixtures.path("single-file/sd15-fp16.safetensors"), parts.path());
        try (Torch torch = new Torch(TorchOptions.cpu(1))) {
            try (StableDiffusion model = StableDiffusion.load(torch, file, DataType.FLOAT32, (bytes, of) -> {})) {
                assertThat(model.prompts().tokenizer().encode("a red apple")).hasSize(77);
                assertThat(model.bytes()).isEqualTo(StableDiffusion.weightBytes(file, DataType.FLOAT32));
            }
            assertThat(torch.liveHandles()).isZero();
        }
    }

    /** The keys by which tools of the field tell what an SDXL checkpoint predicts, and down to which noise. */
    @ParameterizedTest
    @CsvSource({
        "'', epsilon, false",
        "v_pred, v_prediction, false",
        "v_pred ztsnr, v_prediction, true",
        "ztsnr, epsilon, false"
    })
    void marksOfAFileTellItsPredictionAndItsSchedule(String marks, String prediction, boolean zeroTerminal)
            throws Exception {
        Path file = folder.resolve("m.safetensors");
        SafeTensorsFile content = new SafeTensorsFile()
                .floats("conditioner.embedders.1.model.ln_final.weight", List.of(1L), 1)
                .floats("model.diffusion_model.input_blocks.0.0.weight", List.of(1L, 4L, 1L, 1L), new float[4]);
        for (String mark : marks.isEmpty() ? new String[0] : marks.split(" ")) {
            content.tensor(mark, "F32", List.of(0L), new byte[0]);
        }
        content.write(file);
        ConfigFile scheduler = ModelSource.at(file).config("scheduler");
        assertThat(scheduler.text("prediction_type")).isEqualTo(prediction);
        assertThat(scheduler.flag("rescale_betas_zero_snr", false)).isEqualTo(zeroTerminal);
        double max = NoiseSchedule.of(scheduler).table().max();
        assertThat(max > 4000).isEqualTo(zeroTerminal);
    }

    @Test
    void aMissingVocabularyIsAskedFor() throws Exception {
        Path file = Files.copy(Fixtures.path("single-file/sd15-fp16.safetensors"), folder.resolve("m.safetensors"));
        ModelSource model = ModelSource.at(file);
        assertThatThrownBy(() -> model.tokenizer("tokenizer"))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("put CLIP's tokenizer folder")
                .hasMessageContaining(folder.resolve("tokenizer").toString());
        Files.createDirectories(folder.resolve("tokenizer"));
        Files.writeString(folder.resolve("tokenizer/tokenizer_config.json"), "{}");
        assertThat(model.tokenizer("tokenizer_2")).isEqualTo(folder.resolve("tokenizer"));
    }

    /** Without settings of its own, the file is measured against the full-size architecture that its keys tell. */
    @Test
    void aTensorOfAnotherShapeIsNamedAsTheFileNamesIt() throws Exception {
        Path file = Files.copy(Fixtures.path("single-file/sd15-fp16.safetensors"), folder.resolve("m.safetensors"));
        try (Torch torch = new Torch(TorchOptions.cpu(1))) {
            assertThatThrownBy(() ->
                            StableDiffusion.load(torch, ModelSource.at(file), DataType.FLOAT32, (bytes, of) -> {}))
                    .isInstanceOf(EngineException.BadModel.class)
                    .hasMessageContaining("cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
                            + " has shape (914, 32), expected (49408, 768)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cond_stage_model.model.ln_final.weight | looks like Stable Diffusion 2, but lacks model.diffusion_model.",
                "depth_model.x | looks like Stable Diffusion 2 with depth; whole checkpoints of Stable Diffusion 1 and 2",
                "embedder.model.visual.proj | looks like Stable Diffusion 2 unCLIP",
                "model.diffusion_model.out.0.weight | looks like a UNet alone, without text encoder and autoencoder",
                "model.layers.0.mlp.down_proj.weight | looks like a language model",
                "text_model.final_layer_norm.bias | looks like a text encoder alone",
                "conditioner.embedders.0.model.ln_final.weight | looks like the SDXL refiner",
                "model.diffusion_model.joint_blocks.0.x.weight | looks like Stable Diffusion 3",
                "double_blocks.0.img_attn.qkv.weight | looks like Flux",
                "lora_unet_mid_block.alpha | looks like a LoRA",
                "control_model.input_hint_block.0.weight | looks like a ControlNet",
                "first_stage_model.decoder.conv_in.weight | looks like an autoencoder alone",
                "something.weight | has none of the keys of a model that is known here; its first is something.weight",
                "cond_stage_model.transformer.x | looks like Stable Diffusion 1, but lacks model.diffusion_model.",
            })
    void sayWhatAFileLooksLikeInstead(String key, String reason) throws Exception {
        Path file = folder.resolve("x.safetensors");
        new SafeTensorsFile().floats(key, List.of(1L), 1).write(file);
        assertThatThrownBy(() -> ModelSource.at(file))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(reason);
    }

    @Test
    void aPickleIsRefusedWithTheReason() throws Exception {
        Path file = Files.writeString(folder.resolve("old.ckpt"), "x");
        assertThatThrownBy(() -> ModelSource.at(file))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("safetensors");
    }
}
