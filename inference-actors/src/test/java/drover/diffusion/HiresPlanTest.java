package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.Sampler;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HiresPlanTest {
    /** Steps by hand from the reference worker's formula. */
    @ParameterizedTest
    @CsvSource({
        // SD 1: to the shorter side of 512, both down to a multiple of 64.
        "false, 1024, 1024, 30, 0.65, 512, 512, 16",
        "false, 768, 576, 30, 0.65, 640, 512, 9",
        "false, 576, 1024, 20, 0.5, 512, 896, 6",
        "false, 1024, 1024, 18, 0.65, 512, 512, 13",
        "false, 1024, 1024, 10, 1, 512, 512, 10",
        "false, 2048, 2048, 30, 1, 512, 512, 30",
        "false, 640, 640, 4, 0.01, 512, 512, 4",
        // SDXL: to the trained size of the nearest shape.
        "true, 1536, 1536, 30, 0.65, 1024, 1024, 18",
        "true, 2048, 1152, 30, 0.65, 1344, 768, 18",
        "true, 1152, 2048, 30, 0.65, 768, 1344, 18",
        "true, 1280, 1088, 30, 0.65, 1152, 896, 11",
    })
    void sizesAndStepsAreTheReferenceWorkers(
            boolean xl,
            int width,
            int height,
            int steps,
            double strength,
            int firstWidth,
            int firstHeight,
            int second) {
        assertThat(HiresPlan.of(model(xl), width, height, steps, strength))
                .contains(new HiresPlan(firstWidth, firstHeight, second));
    }

    @ParameterizedTest
    @CsvSource({
        // One pass would take as much or more.
        "512, 512, 30, 0.65, 7864320",
        "1024, 1024, 30, 0.65, 31457280",
        // SD 1: 640x640 for 7 steps after 512x512 for 10.
        "640, 640, 10, 0.65, 5488640",
        // SDXL: all 30 steps at full size after 1024x1024 for 30; SD 1 would begin smaller.
        "2048, 2048, 30, 1, 157286400",
        "1152, 1152, 8, 1, 19005440",
    })
    void theWorkIsThatOfBothPasses(int width, int height, int steps, double strength, long expected) {
        assertThat(HiresPlan.mostPixelSteps(width, height, steps, strength)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"false, 512, 1024", "false, 1024, 512", "false, 64, 64", "true, 1024, 2048", "true, 2048, 1024"})
    void aSideThatTheModelKnowsNeedsOnePass(boolean xl, int width, int height) {
        assertThat(HiresPlan.of(model(xl), width, height, 30, 0.65)).isEmpty();
    }

    @Test
    void enlargedLatentsTakeTheNearestValue() {
        StableDiffusion.LatentSize from = new StableDiffusion.LatentSize(1, 2, 2);
        StableDiffusion.LatentSize to = new StableDiffusion.LatentSize(1, 3, 4);
        assertThat(HiresPlan.enlarged(new float[] {1, 2, 3, 4}, from, to))
                .containsExactly(1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4);
    }

    private static ModelInfo model(boolean xl) {
        String pipeline = xl ? "StableDiffusionXLPipeline" : "StableDiffusionPipeline";
        return new ModelInfo("m", Path.of("m"), pipeline, 512, 512, 8, 4096, 30, 7.5, Sampler.EULER, 1);
    }
}
