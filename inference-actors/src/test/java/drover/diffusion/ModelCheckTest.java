package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.inference.EngineException;
import drover.weights.SafeTensors;
import drover.weights.SafeTensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a model is said in one sentence each: on tiny checkpoints that have been cut about. */
class ModelCheckTest {
    private static final String UNET = "unet/diffusion_pytorch_model.safetensors";

    @TempDir
    Path folder;

    private Path model() throws IOException {
        Path source = Fixtures.path("sd15");
        Path target = folder.resolve("model");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = source.relativize(file);
                if (!relative.startsWith("goldens")) {
                    Path copy = target.resolve(relative.toString());
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        }
        return target;
    }

    private static List<String> problems(Path model) throws EngineException {
        return ModelCheck.problems(ModelSource.at(model));
    }

    /** Rewrites the header of a file, keeping its data. */
    private static void edit(Path file, Function<String, String> change) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        String header = new String(bytes, 8, length, StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOfRange(bytes, 8 + length, bytes.length);
        Files.write(file, SafeTensorsFile.file(change.apply(header), data));
    }

    @Test
    void goodModelsAreGood() throws Exception {
        assertThat(problems(Fixtures.path("sd15"))).isEmpty();
        assertThat(problems(Fixtures.path("sdxl"))).isEmpty();
        TinyTwo two = new TinyTwo(true, 9);
        assertThat(problems(two.folder(folder.resolve("two")))).isEmpty();
        two.settings(folder.resolve("one"));
        assertThat(problems(two.file(folder.resolve("one.safetensors")))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conv_in.weight | conv_in.wait | conv_in.weight is missing, expected shape (16, 4, 3, 3)",
                "[16,4,3,3] | [4,16,3,3] | conv_in.weight has shape (4, 16, 3, 3), expected (16, 4, 3, 3)",
            })
    void aTensorThatIsMissingOrOfAnotherShapeIsNamed(String from, String to, String said) throws Exception {
        Path model = model();
        edit(model.resolve(UNET), header -> {
            String plain = header.replace(", ", ",").replace(": ", ":");
            assertThat(plain).contains(from);
            return plain.replaceFirst(Pattern.quote(from), to);
        });
        assertThat(problems(model))
                .singleElement()
                .asString()
                .startsWith("the weights of unet in " + model.resolve("unet") + " do not fit its config.json: ")
                .contains(said);
    }

    @Test
    void aTypeThatCannotBeComputedWithIsNamed() throws Exception {
        Path model = model();
        edit(
                model.resolve(UNET),
                header -> header.replace(", ", ",")
                        .replace(": ", ":")
                        .replace("\"conv_in.bias\":{\"dtype\":\"F32\"", "\"conv_in.bias\":{\"dtype\":\"U32\""));
        assertThat(problems(model))
                .singleElement()
                .asString()
                .contains("conv_in.bias is of type U32, which cannot be computed with; expected F16, BF16 or F32");
    }

    @Test
    void severalThingsAreSeveralSentences() throws Exception {
        Path model = model();
        byte[] whole = Files.readAllBytes(model.resolve("vae/diffusion_pytorch_model.safetensors"));
        Files.write(model.resolve("vae/diffusion_pytorch_model.safetensors"), SafeTensorsFile.withoutLast(whole, 1000));
        Files.writeString(model.resolve("scheduler/scheduler_config.json"), "{\"prediction_type\": \"sample\"}");
        Files.delete(model.resolve("text_encoder/model.safetensors"));
        Files.writeString(model.resolve("text_encoder/pytorch_model.bin"), "x");
        assertThat(problems(model))
                .hasSize(3)
                .anySatisfy(it -> assertThat(it).contains("prediction_type is sample"))
                .anySatisfy(it -> assertThat(it).contains("is a pickle").contains("convert it to safetensors"))
                .anySatisfy(it -> assertThat(it)
                        .contains("vae: its weights cannot be read")
                        .contains("is cut short")
                        .contains("get the file again"))
                .allSatisfy(it -> assertThat(it).hasLineCount(1));
    }

    /** One number of one tensor of each part, in a folder and in a file whose names are others. */
    @Test
    void numbersThatAreNoneAreFoundAndNamed() throws Exception {
        Path model = model();
        set(model.resolve(UNET), "conv_out.bias", Float.NaN, Float.NEGATIVE_INFINITY);
        set(model.resolve("vae/diffusion_pytorch_model.safetensors"), "decoder.conv_out.bias", Float.POSITIVE_INFINITY);
        set(model.resolve("text_encoder/model.safetensors"), "text_model.final_layer_norm.weight", Float.NaN);
        assertThat(problems(model))
                .hasSize(3)
                .anySatisfy(it -> assertThat(it)
                        .isEqualTo("the weights of unet in " + model.resolve("unet")
                                + " are damaged: conv_out.bias has 1 NaN and 1 infinite of its 4 numbers; get the file"
                                + " again, or another version of the model"))
                .anySatisfy(it -> assertThat(it).contains("decoder.conv_out.bias has 1 infinite of its 3 numbers"))
                .anySatisfy(it -> assertThat(it).contains("text_model.final_layer_norm.weight has 1 NaN of its 32"));

        TinyTwo two = new TinyTwo(false, 4);
        two.settings(folder.resolve("one"));
        Path file = two.file(folder.resolve("one.safetensors"));
        set(file, "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_bias", Float.NaN);
        assertThat(problems(file))
                .singleElement()
                .asString()
                .contains("cond_stage_model.model.transformer.resblocks.0.attn.in_proj_bias has 1 NaN of its ");
    }

    /** What is not read does no harm. */
    @Test
    void numbersThatNobodyReadsAreNotLookedAt() throws Exception {
        TinyTwo two = new TinyTwo(false, 4);
        two.settings(folder.resolve("one"));
        Path file = two.file(folder.resolve("one.safetensors"));
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        String header = new String(bytes, 8, length, StandardCharsets.UTF_8).stripTrailing();
        int end = bytes.length - 8 - length;
        byte[] data = Arrays.copyOf(Arrays.copyOfRange(bytes, 8 + length, bytes.length), end + 4);
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(end, Float.POSITIVE_INFINITY);
        String more = ",\"sqrt_recip_alphas_cumprod\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}"
                .formatted(end, end + 4);
        Files.write(file, SafeTensorsFile.file(header.substring(0, header.length() - 1) + more, data));
        assertThat(problems(file)).isEmpty();
    }

    /** Sets the first numbers of a tensor of float32. */
    private static void set(Path file, String tensor, float... values) throws Exception {
        long begin;
        long data;
        try (SafeTensors opened = SafeTensors.open(file)) {
            begin = opened.find(tensor).orElseThrow().begin();
            data = Files.size(file) - opened.bytes();
        }
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < values.length; i++) {
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat((int) (data + begin) + 4 * i, values[i]);
        }
        Files.write(file, bytes);
    }

    @Test
    void theWeightsOfAnotherArchitectureAreRecognised() throws Exception {
        Path model = model();
        ObjectNode config = (ObjectNode) Fixtures.json(model.resolve("unet/config.json"));
        Files.writeString(
                model.resolve("unet/config.json"),
                config.put("cross_attention_dim", 768).toString());
        SafeTensorsFile other = new SafeTensorsFile();
        float[] wide = new float[16 * 1024];
        other.floats("down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", List.of(16L, 1024L), wide);
        other.write(model.resolve(UNET));
        assertThat(problems(model)).singleElement().asString().endsWith("looks like Stable Diffusion 2");
    }

    @Test
    void partsThatDoNotBelongTogetherAreNamed() throws Exception {
        Path model = model();
        Path other = new TinyTwo(false, 4).folder(folder.resolve("two"));
        for (String file : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
            Files.delete(model.resolve("unet").resolve(file));
            Files.copy(
                    other.resolve("unet").resolve(file), model.resolve("unet").resolve(file));
        }
        assertThat(problems(model))
                .singleElement()
                .asString()
                .contains("cross_attention_dim is 40; expected the text encoders' hidden_size, 32");
    }

    @Test
    void aMissingVocabularyIsAProblemOfASingleFile() throws Exception {
        TinyTwo two = new TinyTwo(false, 4);
        two.settings(folder.resolve("one"));
        try (Stream<Path> files = Files.list(folder.resolve("one/tokenizer"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        assertThat(problems(two.file(folder.resolve("one.safetensors"))))
                .singleElement()
                .asString()
                .contains("put CLIP's tokenizer folder");
    }

    @Test
    void picklesAreRefusedWithTheReasonAndWhatToDo() throws Exception {
        Path file = Files.writeString(folder.resolve("old.ckpt"), "x");
        assertThatThrownBy(() -> problems(file))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("reading it could run any program hidden inside, so it is refused")
                .hasMessageContaining("convert it to safetensors, or get the model in that format");
        Path disguised = Files.write(folder.resolve("new.safetensors"), new byte[] {'P', 'K', 3, 4, 0, 0, 0, 9, 9});
        assertThatThrownBy(() -> problems(disguised)).hasMessageContaining("looks like a PyTorch pickle");
    }

    @Test
    void anotherAutoencoderMayBeAFolderOrAFileOfAnyNames() throws Exception {
        TinyTwo two = new TinyTwo(false, 4);
        Path model = two.folder(folder.resolve("two"));
        two.settings(folder.resolve("one"));
        Path whole = two.file(folder.resolve("one.safetensors"));
        Path bare = folder.resolve("bare.safetensors");
        Files.copy(whole, bare);
        edit(bare, header -> header.replace("first_stage_model.", ""));
        Path plain = model.resolve("vae/diffusion_pytorch_model.safetensors");
        for (Path vae : List.of(model.resolve("vae"), plain, whole, bare)) {
            ModelDeclaration declared = new ModelDeclaration(
                    Optional.empty(),
                    Optional.of(vae),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            assertThat(ModelCheck.problems(ModelSource.of(model, declared)))
                    .as("%s", vae)
                    .isEmpty();
        }
        ModelDeclaration wrong = new ModelDeclaration(
                Optional.empty(),
                Optional.of(model.resolve(UNET)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThat(ModelCheck.problems(ModelSource.of(model, wrong)))
                .singleElement()
                .asString()
                .contains("is missing");
        try (SafeTensors opened = SafeTensors.open(bare)) {
            assertThat(opened.names()).contains("decoder.conv_in.weight");
        }
    }

    @Test
    void detailsSayWhatAModelCosts() throws Exception {
        Path model = new TinyTwo(true, 9).folder(folder.resolve("two"));
        ModelInfo info = ModelInfo.read("two", model, ModelDeclaration.NONE);
        ModelDetails details = ModelDetails.of(info);
        assertThat(details.inpainting()).isTrue();
        assertThat(details.types()).isEqualTo("F32");
        assertThat(details.float16().weights())
                .as("but for the autoencoder, which asks for float32")
                .isBetween(details.float32().weights() / 2, details.float32().weights() - 1);
        assertThat(details.float32().peak()).isGreaterThan(details.float32().weights());
    }
}
