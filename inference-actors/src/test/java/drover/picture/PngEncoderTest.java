package drover.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class PngEncoderTest {
    @Property(tries = 200)
    void whatIsWrittenIsRead(
            @ForAll @IntRange(min = 1, max = 20) int width,
            @ForAll @IntRange(min = 1, max = 20) int height,
            @ForAll @StringLength(max = 60) String text)
            throws IOException {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 37);
        }
        String storable = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        byte[] png = PngEncoder.encode(new Picture(width, height, rgb), Map.of("parameters", storable));
        PngReader.Decoded decoded = PngReader.decode(png);
        assertThat(decoded.picture().width()).isEqualTo(width);
        assertThat(decoded.picture().height()).isEqualTo(height);
        assertThat(decoded.picture().rgb()).isEqualTo(rgb);
        assertThat(decoded.texts()).isEqualTo(Map.of("parameters", storable.replace('\0', ' ')));
        assertThat(PngEncoder.encode(new Picture(width, height, rgb), Map.of("parameters", storable)))
                .isEqualTo(png);
    }

    @Test
    void writesLatinTextSoThatEveryToolReadsIt() {
        Picture picture = new Picture(1, 1, new byte[3]);
        assertThat(latin1(PngEncoder.encode(picture, Map.of("parameters", "caf\u00e9"))))
                .contains("tEXtparameters\0caf\u00e9");
        assertThat(latin1(PngEncoder.encode(picture, Map.of("parameters", "\u6771\u4eac"))))
                .contains("iTXtparameters\0\0\0\0\0")
                .doesNotContain("tEXt");
    }

    @Test
    void turnsPlanesIntoPixels() {
        Picture picture = Picture.ofPlanes(new float[] {0, 1, -3, 7, 0.5f, Float.NaN}, 2, 1);
        assertThat(picture.rgb()).containsExactly(0, 0, 128, 255, 255, 0);
        assertThatThrownBy(() -> Picture.ofPlanes(new float[5], 2, 1)).isInstanceOf(RuntimeException.class);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
