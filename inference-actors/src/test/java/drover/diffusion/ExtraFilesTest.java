package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.EngineException;
import drover.inference.Feature;
import drover.inference.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtraFilesTest {
    @TempDir
    private Path folder;

    private ExtraFiles files;

    @BeforeEach
    void start() {
        files = ExtraFiles.below(folder);
    }

    private Path put(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "x");
    }

    @Test
    void aFileIsFoundByItsPathBelowItsFolder() throws Exception {
        Path ink = put("loras/style/ink.safetensors");
        assertThat(files.lora("style/ink")).isEqualTo(ink.toAbsolutePath());
        assertThat(files.lora("style/ink.safetensors")).isEqualTo(ink.toAbsolutePath());
        assertThatThrownBy(() -> files.lora("ink"))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessage("there is no LoRA ink here");
        Path x4 = put("upscalers/x4.v2.safetensors");
        assertThat(files.upscaler("x4.v2")).isEqualTo(x4.toAbsolutePath());
        assertThat(files.upscalerNames()).isEqualTo(Set.of("x4.v2"));
        put("controlnets/canny/diffusion_pytorch_model.safetensors");
        assertThat(files.controlNet("canny"))
                .isEqualTo(folder.resolve("controlnets/canny").toAbsolutePath());
        assertThat(files.controlNet("canny")).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret", "/etc/passwd", "a/../../secret", "..", "", ".", "nul\0", "~/x"})
    void nothingElseIsReached(String name) throws Exception {
        put("secret.safetensors");
        put("loras/a.safetensors");
        assertThatThrownBy(() -> files.lora(name)).isInstanceOf(EngineException.Unsupported.class);
        assertThatThrownBy(() -> files.upscaler(name)).isInstanceOf(EngineException.Unsupported.class);
        assertThatThrownBy(() -> files.controlNet(name)).isInstanceOf(EngineException.Unsupported.class);
    }

    @Test
    void aModelCanDoWhatThereAreFilesFor() throws Exception {
        ModelInfo one = model(Architecture.STABLE_DIFFUSION);
        ModelInfo xl = model(Architecture.STABLE_DIFFUSION_XL);
        List<Feature> always = List.of(Feature.IMG2IMG, Feature.INPAINTING, Feature.HIRES_FIX, Feature.TILING);
        assertThat(files.features(one)).containsExactlyInAnyOrderElementsOf(always);
        put("loras/deep/a.safetensors");
        put("upscalers/b.safetensors");
        put("embeddings/e.safetensors");
        put("controlnets/c.safetensors");
        assertThat(files.features(one)).containsExactlyInAnyOrder(Feature.values());
        assertThat(files.features(xl))
                .containsAll(always)
                .contains(Feature.LORA, Feature.UPSCALER, Feature.TEXTUAL_INVERSION)
                .doesNotContain(Feature.CONTROLNET);
    }

    private static ModelInfo model(Architecture architecture) {
        return new ModelInfo(
                "m",
                Path.of("m"),
                architecture,
                Prediction.EPSILON,
                512,
                512,
                8,
                4096,
                30,
                7.5,
                Sampler.EULER,
                1,
                ModelDeclaration.NONE);
    }
}
