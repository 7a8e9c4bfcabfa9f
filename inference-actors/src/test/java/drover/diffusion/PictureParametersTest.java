package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.ImageRequest;
import drover.inference.Sampler;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PictureParametersTest {
    private static final ImageRequest REQUEST = new ImageRequest(
            "emoji-diffusion", "a red apple", "blur, noise", 64, 48, 20, Sampler.EULER, 5, 7, 1, 1, Optional.empty());

    @Test
    void describesAPictureAsA1111Does() {
        PictureParameters parameters = new PictureParameters(REQUEST, 8, "0.1.0");
        assertThat(parameters.texts().get("parameters")).isEqualTo("""
                        a red apple
                        Negative prompt: blur, noise
                        Steps: 20, Sampler: Euler, CFG scale: 5, Seed: 8, Size: 64x48, Model: emoji-diffusion, \
                        Version: Drover 0.1.0""");
        assertThat(parameters.texts().get("drover"))
                .isEqualTo("{\"software\":\"Drover 0.1.0\",\"model\":\"emoji-diffusion\",\"prompt\":\"a red apple\","
                        + "\"negativePrompt\":\"blur, noise\",\"width\":64,\"height\":48,\"steps\":20,"
                        + "\"sampler\":\"k_euler\",\"karras\":false,\"cfgScale\":5.0,\"seed\":8,\"clipSkip\":1}");
    }

    @Test
    void leavesOutAnEmptyNegativePromptAndQuotesWhatWouldBreakTheLine() {
        ImageRequest request =
                new ImageRequest("model, new", "x", "", 64, 64, 20, Sampler.DDIM, 7.5, 7, 2, 1, Optional.empty());
        assertThat(new PictureParameters(request, 7, "1").a1111())
                .isEqualTo("x\nSteps: 20, Sampler: DDIM, CFG scale: 7.5, Seed: 7, Size: 64x64, "
                        + "Model: \"model, new\", Clip skip: 2, Version: Drover 1");
    }
}
