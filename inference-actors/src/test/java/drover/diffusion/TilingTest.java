package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.sampling.GaussianNoise;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Pictures without edges: where opposite sides meet is a place like any other, so a network that is shown its input
 * shifted around shows its output shifted around.
 */
class TilingTest {
    /** In latent cells; the UNet halves its latent three times. */
    private static final int SHIFT = 8;

    private static final int SIDE = 16;

    private static Torch torch;
    private static StableDiffusion model;

    @BeforeAll
    static void load() throws Exception {
        torch = new Torch(TorchOptions.cpu(2));
        model = StableDiffusion.load(torch, ModelSource.at(Fixtures.path("sd15")), DataType.FLOAT32, (bytes, of) -> {});
    }

    @AfterAll
    static void free() {
        model.close();
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
        torch.close();
    }

    @Test
    void theAutoencoderKnowsNoEdges() {
        LatentSize size = new LatentSize(4, SIDE, SIDE);
        float[] latents = new GaussianNoise(3).next(size.elements());
        assertThat(decodedShift(model.tiling(), latents, size)).isLessThan(1e-4);
        assertThat(decodedShift(model, latents, size)).as("one with edges").isGreaterThan(1e-2);
    }

    private static double decodedShift(StableDiffusion diffusion, float[] latents, LatentSize size) {
        float[] shifted = diffusion.decode(rolled(latents, 4, SIDE, SHIFT), size);
        return largestDifference(shifted, rolled(diffusion.decode(latents, size), 3, 8 * SIDE, 8 * SHIFT));
    }

    @Test
    void theNetworkKnowsNoEdges() throws Exception {
        float[] latents = new GaussianNoise(4).next(4 * SIDE * SIDE);
        assertThat(predictedShift(model.tiling(), latents)).isLessThan(1e-4);
        assertThat(predictedShift(model, latents)).as("one with edges").isGreaterThan(1e-3);
    }

    private static double predictedShift(StableDiffusion diffusion, float[] latents) throws Exception {
        float[] shifted = predicted(diffusion, rolled(latents, 4, SIDE, SHIFT));
        return largestDifference(shifted, rolled(predicted(diffusion, latents), 4, SIDE, SHIFT));
    }

    private static float[] predicted(StableDiffusion diffusion, float[] latents) throws Exception {
        Prompts prompts = new Prompts("a red apple", Optional.empty(), 1, 1);
        try (Conditioning conditioning = diffusion.condition(prompts, new LatentSize(4, SIDE, SIDE));
                NativeScope scope = torch.open("test")) {
            NDArray sample = scope.floats(latents, 1, 4, SIDE, SIDE);
            return scope.toFloats(
                    diffusion.unet().predict(scope, sample, 500, conditioning.context(), Optional.empty()));
        }
    }

    @Test
    void itIsMadeOnceAndSharesAllWeights() {
        assertThat(model.tiling()).isSameAs(model.tiling());
        assertThat(model.tiling().bytes()).isEqualTo(model.bytes());
    }

    /** Planes of squares, shifted right and down, what leaves on one side coming in on the other. */
    private static float[] rolled(float[] planes, int channels, int side, int by) {
        float[] rolled = new float[planes.length];
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    rolled[(c * side + (y + by) % side) * side + (x + by) % side] = planes[(c * side + y) * side + x];
                }
            }
        }
        return rolled;
    }

    private static double largestDifference(float[] one, float[] other) {
        double largest = 0;
        for (int i = 0; i < one.length; i++) {
            largest = Math.max(largest, Math.abs(one[i] - other[i]));
        }
        return largest;
    }
}
