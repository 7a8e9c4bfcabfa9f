package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import drover.diffusion.LatentPreview.Space;
import drover.picture.Picture;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LatentPreviewTest {
    private static float[] latents(int cells, float... channels) {
        float[] all = new float[4 * cells];
        for (int i = 0; i < channels.length; i++) {
            Arrays.fill(all, i * cells, (i + 1) * cells, channels[i]);
        }
        return all;
    }

    private static int[] firstPixel(Picture picture) {
        byte[] rgb = picture.rgb();
        return new int[] {rgb[0] & 0xFF, rgb[1] & 0xFF, rgb[2] & 0xFF};
    }

    @Test
    void noughtIsGreyAndTheFirstChannelIsLight() {
        assertThat(firstPixel(LatentPreview.of(Space.STABLE_DIFFUSION, latents(16), 4, 4)))
                .containsExactly(128, 128, 128);
        // 127.5 * (1 + 0.3512), 127.5 * (1 + 0.2297), 127.5 * (1 + 0.3227)
        assertThat(firstPixel(LatentPreview.of(Space.STABLE_DIFFUSION, latents(16, 1), 4, 4)))
                .containsExactly(172, 157, 169);
        // 127.5 * (1 + 0.1084), 127.5 * (1 - 0.0175), 127.5 * (1 - 0.0011)
        assertThat(firstPixel(LatentPreview.of(Space.STABLE_DIFFUSION_XL, latents(16), 4, 4)))
                .containsExactly(141, 125, 127);
    }

    @Test
    void whatIsTooBrightIsWhiteAndWhatIsNoNumberIsBlack() {
        assertThat(firstPixel(LatentPreview.of(Space.STABLE_DIFFUSION, latents(16, 1e30f, 1e30f), 4, 4)))
                .containsExactly(255, 255, 255);
        assertThat(firstPixel(LatentPreview.of(Space.STABLE_DIFFUSION, latents(16, Float.NaN), 4, 4)))
                .containsExactly(0, 0, 0);
    }

    @Test
    void aCellIsAPixelAndALargePictureIsMadeSmaller() {
        Picture small = LatentPreview.of(Space.STABLE_DIFFUSION, latents(96 * 64), 96, 64);
        assertThat(small.width()).isEqualTo(64);
        assertThat(small.height()).isEqualTo(96);

        Picture large = LatentPreview.of(Space.STABLE_DIFFUSION, latents(129 * 384, 0, 0, 0, 1), 129, 384);
        assertThat(large.width()).isEqualTo(128);
        assertThat(large.height()).isEqualTo(43);
        byte[] rgb = large.rgb();
        assertThat(Arrays.copyOfRange(rgb, rgb.length - 3, rgb.length))
                .as("the last square as the first")
                .isEqualTo(Arrays.copyOf(rgb, 3));
    }

    @Test
    void theFirstOfSeveralIsShown() {
        float[] two = Arrays.copyOf(latents(16, 1), 128);
        Arrays.fill(two, 64, 128, 9);
        assertThat(LatentPreview.of(Space.STABLE_DIFFUSION, two, 4, 4).rgb())
                .isEqualTo(LatentPreview.of(Space.STABLE_DIFFUSION, latents(16, 1), 4, 4)
                        .rgb());
    }
}
