package drover.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ThumbnailsTest {
    private final Thumbnails thumbnails = new Thumbnails();

    @Property(tries = 40)
    void theLongerSideFitsAndTheShapeStays(
            @ForAll @IntRange(min = 1, max = 700) int width, @ForAll @IntRange(min = 1, max = 700) int height)
            throws BadImageException {
        Picture small = read(thumbnails.of(PngEncoder.encode(plain(width, height), Map.of())));

        int longer = Math.max(width, height);
        assertThat(Math.max(small.width(), small.height())).isEqualTo(Math.min(longer, Thumbnails.SIDE));
        double scale = Math.min(1, (double) Thumbnails.SIDE / longer);
        assertThat((double) small.width()).isBetween(width * scale - 1, width * scale + 1);
        assertThat((double) small.height()).isBetween(height * scale - 1, height * scale + 1);
        for (byte value : small.rgb()) {
            assertThat(value & 0xff).isBetween(0x5c, 0x64);
        }
    }

    @Test
    void everyFormatHasAThumbnailAndOtherFilesHaveNone() throws BadImageException {
        byte[] jpeg = JpegEncoder.encode(plain(300, 20), 90, Map.of());
        byte[] webp = thumbnails.of(jpeg);

        assertThat(read(webp).width()).isEqualTo(256);
        assertThat(thumbnails.of(jpeg)).isEqualTo(webp);
        assertThat(read(thumbnails.of(webp)).height()).isEqualTo(17);
        assertThatThrownBy(() -> thumbnails.of(new byte[] {1, 2, 3})).isInstanceOf(BadImageException.class);
    }

    private static Picture read(byte[] file) throws BadImageException {
        return SourceImages.decode(file, SourceImages.Limits.HORDE);
    }

    private static Picture plain(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        Arrays.fill(rgb, (byte) 0x60);
        return new Picture(width, height, rgb);
    }
}
