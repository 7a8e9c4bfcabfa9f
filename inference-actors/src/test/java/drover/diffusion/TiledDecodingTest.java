package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import drover.diffusion.StableDiffusion.LatentSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TiledDecodingTest {
    private static final int FACTOR = 2;

    private final List<LatentSize> decoded = new ArrayList<>();

    /** Every pixel is the latent that it lies in. */
    private float[] enlarged(float[] latents, LatentSize size) {
        decoded.add(size);
        int height = size.height() * FACTOR;
        int width = size.width() * FACTOR;
        float[] pixels = new float[3 * height * width];
        for (int i = 0; i < pixels.length; i++) {
            int c = i / (height * width);
            int y = i / width % height / FACTOR;
            int x = i % width / FACTOR;
            pixels[i] = latents[(c * size.height() + y) * size.width() + x];
        }
        return pixels;
    }

    private static float[] latents(LatentSize size) {
        float[] values = new float[size.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i * 0.7);
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"10, 25", "25, 10", "25, 31", "11, 11", "17, 9", "100, 12"})
    void piecesMakeTheWhole(int height, int width) {
        LatentSize size = new LatentSize(3, height, width);
        TiledDecoding tiled = new TiledDecoding(3, FACTOR, 10, 3);
        float[] pieces = tiled.decode(latents(size), size, this::enlarged);
        assertThat(decoded).hasSizeGreaterThan(1).allMatch(it -> it.height() <= 10 && it.width() <= 10);
        float[] whole = enlarged(latents(size), size);
        assertThat(pieces).hasSameSizeAs(whole);
        for (int i = 0; i < whole.length; i++) {
            assertThat(pieces[i]).isCloseTo(whole[i], within(1e-5f));
        }
    }

    @Test
    void aSmallOneIsDecodedAtOnce() {
        LatentSize size = new LatentSize(3, 10, 10);
        new TiledDecoding(3, FACTOR, 10, 3).decode(latents(size), size, this::enlarged);
        assertThat(decoded).containsExactly(size);
    }

    /** Pieces that disagree, as they do for the norms' sake, must not meet in an edge. */
    @Test
    void onePieceGoesOverIntoTheOther() {
        LatentSize size = new LatentSize(3, 10, 17);
        float[] row = new TiledDecoding(3, FACTOR, 10, 3).decode(latents(size), size, (latents, part) -> {
            float[] pixels = new float[3 * part.height() * part.width() * FACTOR * FACTOR];
            Arrays.fill(pixels, decoded.size());
            decoded.add(part);
            return pixels;
        });
        assertThat(decoded).hasSize(2);
        for (int x = 1; x < 17 * FACTOR; x++) {
            assertThat(row[x] - row[x - 1]).isBetween(0f, 0.2f);
        }
        assertThat(row[0]).isZero();
        assertThat(row[17 * FACTOR - 1]).isOne();
    }
}
