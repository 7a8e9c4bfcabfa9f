package drover.source.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The model reference is read in its old and its new writing, and never trusted. */
final class ModelReferenceTest {
    @Test
    void whatMattersIsReadAndTheRestPassedOver() throws IOException {
        ModelReference reference = ModelReference.parse("""
                {"Deliberate": {"name": "Deliberate", "baseline": "stable diffusion 1", "nsfw": true, "inpainting": false,
                   "showcases": ["https://example.com/1.webp"], "size_on_disk_bytes": 2132625894,
                   "config": {"files": [{"path": "deliberate.safetensors"}]}, "requirements": {"min_steps": 10}},
                 "Unsized": {"baseline": "stable_diffusion_xl", "inpainting": true, "size_on_disk_bytes": "?"},
                 "": {"baseline": "stable_diffusion_xl"},
                 "Half": {"description": "without a baseline"},
                 "Text": "not a model"}""".getBytes(UTF_8));

        assertThat(reference.all())
                .containsExactly(
                        new ReferenceModel(
                                "Deliberate", Baseline.STABLE_DIFFUSION_1, true, false, OptionalLong.of(2132625894L)),
                        new ReferenceModel("Unsized", Baseline.STABLE_DIFFUSION_XL, false, true, OptionalLong.empty()));
        assertThat(reference.find("Deliberate")).isPresent();
        assertThat(reference.find("deliberate")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "stable diffusion 1, STABLE_DIFFUSION_1",
        "stable_diffusion_1, STABLE_DIFFUSION_1",
        "stable diffusion 2, STABLE_DIFFUSION_2",
        "stable diffusion 2 512, STABLE_DIFFUSION_2",
        "stable_diffusion_2_768, STABLE_DIFFUSION_2",
        "stable_diffusion_xl, STABLE_DIFFUSION_XL",
        "stable_cascade, STABLE_CASCADE",
        "flux_1, FLUX",
        "flux_schnell, FLUX",
        "flux_dev, FLUX",
        "qwen_image, QWEN_IMAGE",
        "z_image_turbo, Z_IMAGE",
        "something new, OTHER",
    })
    void familiesAreKnownByBothWritings(String text, Baseline baseline) {
        assertThat(Baseline.of(text)).isEqualTo(baseline);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "null", "{", "<html></html>", "{\"message\": \"not found\"}", "[1, 2]"})
    void whatIsNotAReferenceIsRefused(String text) {
        assertThatThrownBy(() -> ModelReference.parse(text.getBytes(UTF_8))).isInstanceOf(IOException.class);
    }

    @Test
    void aDeepOneIsRefused() {
        String deep = "{\"a\": " + "[".repeat(100_000);

        assertThatThrownBy(() -> ModelReference.parse(deep.getBytes(UTF_8))).isInstanceOf(IOException.class);
    }
}
