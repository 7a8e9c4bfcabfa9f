package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.Sampler;
import drover.picture.Picture;
import drover.sampling.GaussianNoise;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.StepListener;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What decoding in pieces costs of a picture that a trained model has painted: the bundled one, whose autoencoder has norms
 * and an attention over all of a picture, as the large ones have. Pieces are a sixth as large as those of the large ones, so
 * that a small picture has nine.
 */
class TiledDecodingErrorTest {
    private static final int SIDE = 64;
    private static final LatentSize SIZE = new LatentSize(4, SIDE, SIDE);

    @TempDir
    private static Path cache;

    private static Torch torch;
    private static StableDiffusion model;
    private static float[] latents = new float[0];
    private static Picture whole;

    @BeforeAll
    static void paint() throws Exception {
        torch = new Torch(TorchOptions.cpu(2));
        model = StableDiffusion.load(
                torch, ModelSource.at(BundledModel.unpack(cache)), DataType.FLOAT32, (bytes, of) -> {});
        SamplingPlan plan = SamplingPlan.of(Sampler.DPMPP_2M, model.schedule().table(), 8, true);
        GaussianNoise noise = new GaussianNoise(11);
        try (Conditioning conditioning = model.condition(new Prompts("a red apple", Optional.of(""), 5, 1), SIZE)) {
            latents = model.denoise(
                    conditioning,
                    plan,
                    SIZE,
                    noise.next(SIZE.elements()),
                    NoiseSource.independent(noise),
                    StepListener.NONE);
        }
        for (int i = 0; i < latents.length; i++) {
            latents[i] /= (float) model.vae().config().scalingFactor();
        }
        whole = picture(new TiledDecoding(3, factor(), SIDE, 4));
    }

    @AfterAll
    static void free() {
        model.close();
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
        torch.close();
    }

    private static int factor() {
        return model.vae().config().factor();
    }

    private static Picture picture(TiledDecoding decoding) {
        float[] planes = decoding.decode(latents, SIZE, model::decodeAtOnce);
        return model.picture(planes, SIDE * factor(), SIDE * factor());
    }

    @Test
    void thePictureIsNearlyTheWholeOnes() {
        assertThat(psnr(picture(new TiledDecoding(3, factor(), 24, 4)), whole)).isGreaterThan(40);
    }

    /** Without an overlap there would be edges: the test can tell. */
    @Test
    void piecesMeetInNoEdge() {
        assertThat(worstEdge(picture(new TiledDecoding(3, factor(), 24, 4)))).isLessThan(1);
        assertThat(worstEdge(picture(new TiledDecoding(3, factor(), 24, 0)))).isGreaterThan(3);
    }

    private static double psnr(Picture one, Picture other) {
        double sum = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            double difference = (one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF);
            sum += difference * difference;
        }
        return 10 * Math.log10(255 * 255 / (sum / one.rgb().length));
    }

    /** Of all columns and rows: how much more a pixel differs from the one before than it does in the whole, on average. */
    private static double worstEdge(Picture picture) {
        int side = picture.width();
        double worst = 0;
        for (int at = 1; at < side; at++) {
            double across = 0;
            double down = 0;
            for (int along = 0; along < side; along++) {
                across += step(picture, along, at, along, at - 1) - step(whole, along, at, along, at - 1);
                down += step(picture, at, along, at - 1, along) - step(whole, at, along, at - 1, along);
            }
            worst = Math.max(worst, Math.max(across, down) / side);
        }
        return worst;
    }

    private static double step(Picture picture, int y, int x, int otherY, int otherX) {
        int one = 3 * (y * picture.width() + x);
        int other = 3 * (otherY * picture.width() + otherX);
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            sum += Math.abs((picture.rgb()[one + c] & 0xFF) - (picture.rgb()[other + c] & 0xFF));
        }
        return sum / 3;
    }
}
