package drover.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Resizing, masks and edges: what can be told without a reference. */
class ResizingTest {
    @Test
    void aPlainColourStaysWhatItIsAtEverySize() {
        for (int[] size : new int[][] {{64, 64}, {17, 90}, {200, 31}, {1, 1}}) {
            Picture resized = Resampling.lanczos(plain(50, 40, 0xC0), size[0], size[1]);
            assertThat(resized.width()).isEqualTo(size[0]);
            assertThat(resized.height()).isEqualTo(size[1]);
            for (byte value : resized.rgb()) {
                assertThat(value).isEqualTo((byte) 0xC0);
            }
        }
    }

    @Test
    void theSameSizeIsTheSamePicture() {
        Picture picture = plain(50, 40, 7);
        assertThat(Resampling.lanczos(picture, 50, 40)).isSameAs(picture);
    }

    @Test
    void everyPixelCountsWhenAPictureBecomesSmaller() {
        byte[] rgb = new byte[3 * 64 * 64];
        Arrays.fill(rgb, 0, rgb.length / 2, (byte) 200);
        Picture half = Resampling.lanczos(new Picture(64, 64, rgb), 1, 1);
        assertThat(half.rgb()[0] & 0xFF).isBetween(99, 101);
    }

    @Test
    void aSlopeStaysASlope() {
        byte[] rgb = new byte[3 * 16 * 4];
        for (int i = 0; i < 64; i++) {
            Arrays.fill(rgb, 3 * i, 3 * i + 3, (byte) (i % 16 * 10));
        }
        Picture large = Resampling.lanczos(new Picture(16, 4, rgb), 32, 4);
        for (int x = 6; x < 26; x++) {
            double expected = ((x + 0.5) / 2 - 0.5) * 10;
            assertThat((double) (large.rgb()[3 * x] & 0xFF)).isBetween(expected - 1.5, expected + 1.5);
        }
    }

    @Test
    void aCellIsPaintedAnewIfAnyPixelUnderItIs() {
        float[] values = new float[16 * 16];
        values[9 * 16 + 15] = 0.6f;
        values[0] = 0.4f;
        assertThat(new Mask(16, 16, values).cells(8)).containsExactly(0, 0, 0, 1);
        assertThat(new Mask(16, 16, values).repaintsAnything()).isTrue();
        assertThat(new Mask(16, 16, new float[256]).repaintsAnything()).isFalse();
    }

    @Test
    void whatIsNotPaintedIsKeptToTheByte() {
        Picture anew = plain(3, 1, 10);
        Picture kept = plain(3, 1, 201);
        Picture both = new Mask(3, 1, new float[] {0, 1, 0.5f}).composite(anew, kept);
        assertThat(both.rgb()[0] & 0xFF).isEqualTo(201);
        assertThat(both.rgb()[3] & 0xFF).isEqualTo(10);
        assertThat(both.rgb()[6] & 0xFF).isEqualTo(106);
    }

    @Test
    void anEdgeIsOnePixelWideAndWhereTheColourChanges() {
        byte[] rgb = new byte[3 * 32 * 32];
        for (int i = 0; i < 32 * 32; i++) {
            Arrays.fill(rgb, 3 * i, 3 * i + 3, i % 32 < 16 ? 0 : (byte) 255);
        }
        Picture edges = Canny.edges(new Picture(32, 32, rgb), Canny.LOW, Canny.HIGH);
        for (int y = 0; y < 32; y++) {
            int white = 0;
            for (int x = 0; x < 32; x++) {
                if (edges.rgb()[3 * (32 * y + x)] != 0) {
                    white++;
                    assertThat(x).isBetween(15, 16);
                }
            }
            assertThat(white).as("row %s", y).isEqualTo(1);
        }
    }

    @Test
    void aWeakEdgeIsThereOnlyWhereItGoesOnFromAStrongOne() {
        assertThat(white(Canny.edges(step(200), Canny.LOW, Canny.HIGH))).isPositive();
        // Weak throughout: above the lower threshold, nowhere above the higher.
        assertThat(white(Canny.edges(step(40), 50, 10_000))).isZero();
        assertThat(white(Canny.edges(step(40), 50, 60))).isPositive();
        assertThat(white(Canny.edges(plain(32, 32, 90), Canny.LOW, Canny.HIGH))).isZero();
    }

    private static int white(Picture picture) {
        int count = 0;
        for (byte value : picture.rgb()) {
            count += value == 0 ? 0 : 1;
        }
        return count;
    }

    private static Picture step(int height) {
        byte[] rgb = new byte[3 * 32 * 32];
        for (int i = 0; i < 32 * 32; i++) {
            Arrays.fill(rgb, 3 * i, 3 * i + 3, i / 32 < 16 ? 0 : (byte) height);
        }
        return new Picture(32, 32, rgb);
    }

    private static Picture plain(int width, int height, int value) {
        byte[] rgb = new byte[3 * width * height];
        Arrays.fill(rgb, (byte) value);
        return new Picture(width, height, rgb);
    }
}
