package drover.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutputFormatTest {
    private static final JsonMapper JSON =
            JsonMapper.builder().addModule(new Jdk8Module()).build();

    @Test
    void namesAreReadInEverySpelling() {
        assertThat(OutputFormat.Kind.byName(" PNG ")).contains(OutputFormat.Kind.PNG);
        assertThat(OutputFormat.Kind.byName("jpg")).contains(OutputFormat.Kind.JPEG);
        assertThat(OutputFormat.Kind.byName("WebP-Lossless")).contains(OutputFormat.Kind.WEBP_LOSSLESS);
        assertThat(OutputFormat.Kind.byName("gif")).isEmpty();
        assertThat(OutputFormat.Kind.names()).isEqualTo("png, webp, webp_lossless, jpeg");
    }

    @Test
    void theHordeGetsNoWordOfThePrompt() {
        assertThat(OutputFormat.HORDE).isEqualTo(new OutputFormat(OutputFormat.Kind.WEBP, 95, 6, false));
        assertThat(OutputFormat.PNG.parameters()).isTrue();
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> OutputFormat.PNG.withQuality(0)).hasMessageContaining("1 to 100");
        assertThatThrownBy(() -> OutputFormat.PNG.withQuality(101)).hasMessageContaining("1 to 100");
        assertThatThrownBy(() -> new OutputFormat(OutputFormat.Kind.WEBP, 50, 7, true))
                .hasMessageContaining("0 to 6");
    }

    @Test
    void requestsAndResultsFromBeforeAreRead() throws Exception {
        ImageRequest now = new ImageRequest("m", "p", "", 8, 8, 1, Sampler.EULER, 1, 1, 1, 1, Optional.empty());
        ImageRequest more =
                now.withFormat(OutputFormat.HORDE).withSafety(new SafetyPolicy(true, false, List.of("a", "b c")));
        String before = "{\"kind\":\"image\",\"model\":\"m\",\"prompt\":\"p\",\"negativePrompt\":\"\",\"width\":8,"
                + "\"height\":8,\"steps\":1,\"sampler\":\"k_euler\",\"karras\":false,\"cfgScale\":1.0,\"seed\":1,"
                + "\"clipSkip\":1,\"count\":1}";

        assertThat(JSON.readValue(before, InferenceRequest.class)).isEqualTo(now);
        assertThat(JSON.readValue(JSON.writeValueAsString(more), InferenceRequest.class))
                .isEqualTo(more);
        assertThat(JSON.readValue(
                        "{\"key\":\"k\",\"mediaType\":\"image/png\",\"bytes\":1,\"sha256\":\"0\",\"seed\":2}",
                        AssetRef.class))
                .isEqualTo(new AssetRef("k", "image/png", 1, "0", 2, SafetyResult.UNCHECKED));
    }
}
