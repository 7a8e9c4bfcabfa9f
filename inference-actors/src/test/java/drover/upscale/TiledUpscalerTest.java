package drover.upscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.Fixtures;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.picture.Picture;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TiledUpscalerTest {
    private Torch torch;

    @BeforeEach
    void start() {
        torch = new Torch(TorchOptions.cpu(2));
    }

    @AfterEach
    void stop() {
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
        torch.close();
    }

    /** The file has float32; what it takes depends on what is computed in. */
    @Test
    void whatItTakesIsReckonedByTheTypeThatIsComputedIn() throws Exception {
        Path file = Fixtures.path("upscaler/x4/model.safetensors");
        for (DataType dtype : new DataType[] {DataType.FLOAT32, DataType.FLOAT16}) {
            try (RrdbNet net = RrdbNet.load(torch, file, dtype)) {
                assertThat(RrdbNet.weightBytes(file, dtype)).as("in %s", dtype).isEqualTo(net.bytes());
            }
        }
        assertThat(RrdbNet.weightBytes(file, DataType.FLOAT32))
                .isEqualTo(2 * RrdbNet.weightBytes(file, DataType.FLOAT16));
    }

    @Test
    void piecesMakeWhatTheWholeMakes() throws Exception {
        for (String fixture : new String[] {"upscaler/x4/model.safetensors", "upscaler/x2/model.safetensors"}) {
            try (RrdbNet net = RrdbNet.load(torch, Fixtures.path(fixture), DataType.FLOAT32)) {
                Picture small = noise(70, 54);
                AtomicInteger done = new AtomicInteger();
                // Wider than what any pixel of this small network depends on.
                TiledUpscaler pieces = new TiledUpscaler(torch, net, 24, 48);
                Picture large = pieces.upscale(small, done::incrementAndGet);
                assertThat(done).hasValue(pieces.pieces(70, 54)).hasValue(9);
                assertThat(large.width()).isEqualTo(70 * net.scale());
                assertThat(large.height()).isEqualTo(54 * net.scale());
                Picture whole = new TiledUpscaler(torch, net, 80, 0).upscale(small, () -> {});
                assertThat(largestDifference(large, whole)).isLessThanOrEqualTo(1);
            }
        }
    }

    /** With the margin that the engine gives its pieces, also where a network sees farther than that. */
    @Test
    void theUsualMarginLeavesNoSeam() throws Exception {
        for (String fixture : new String[] {"upscaler/x4/model.safetensors", "upscaler/x2/model.safetensors"}) {
            try (RrdbNet net = RrdbNet.load(torch, Fixtures.path(fixture), DataType.FLOAT32)) {
                Picture small = noise(96, 64);
                Picture pieces = new TiledUpscaler(torch, net, 32, 16).upscale(small, () -> {});
                Picture whole = new TiledUpscaler(torch, net, 96, 0).upscale(small, () -> {});
                assertThat(largestDifference(pieces, whole)).isLessThanOrEqualTo(2);
                Picture bare = new TiledUpscaler(torch, net, 32, 0).upscale(small, () -> {});
                assertThat(largestDifference(bare, whole))
                        .as("without a margin")
                        .isGreaterThan(10);
            }
        }
    }

    @Test
    void sidesThatFitNoCellAreFilledAndCutAgain() throws Exception {
        try (RrdbNet net = RrdbNet.load(torch, Fixtures.path("upscaler/x2/model.safetensors"), DataType.FLOAT32)) {
            assertThat(net.multiple()).isEqualTo(2);
            Picture large = new TiledUpscaler(torch, net, 16, 4).upscale(noise(33, 17), () -> {});
            assertThat(large.width()).isEqualTo(66);
            assertThat(large.height()).isEqualTo(34);
            assertThatIllegalArgumentException().isThrownBy(() -> new TiledUpscaler(torch, net, 15, 4));
        }
    }

    private static int largestDifference(Picture one, Picture other) {
        int largest = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            largest = Math.max(largest, Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF)));
        }
        return largest;
    }

    private static Picture noise(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        new Random(5).nextBytes(rgb);
        return new Picture(width, height, rgb);
    }
}
