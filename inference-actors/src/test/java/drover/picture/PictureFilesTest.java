package drover.picture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** WebP and JPEG files, read back by readers that know nothing of how they were written. */
class PictureFilesTest {
    private static final Map<String, String> TEXTS =
            Map.of("parameters", "a café in 東京\nSteps: 20", "drover", "{\"prompt\":\"a café in 東京 🐑\"}");

    private final WebpEncoder webp = new WebpEncoder();

    @Property(tries = 100)
    void losslessWebpLosesNothing(
            @ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @IntRange(min = 1, max = 40) int height,
            @ForAll long seed,
            @ForAll @IntRange(max = 6) int effort,
            @ForAll @StringLength(max = 30) @CharRange(from = ' ', to = '\ud7ff') String text)
            throws IOException {
        Picture picture = noise(width, height, seed);

        byte[] plain = webp.lossless(picture, effort, Map.of());
        byte[] told = webp.lossless(picture, effort, Map.of("parameters", text));

        assertThat(Picture.of(read(plain)).rgb()).isEqualTo(picture.rgb());
        assertThat(Picture.of(read(told)).rgb()).isEqualTo(picture.rgb());
        assertThat(ExifReader.inWebp(plain)).isEmpty();
        assertThat(ExifReader.comment(ExifReader.inWebp(told).orElseThrow())).contains(text);
    }

    @Test
    void qualityAndEffortCount() throws IOException {
        Picture picture = gradient(96, 64);

        byte[] fine = webp.lossy(picture, 95, 6, Map.of());
        byte[] coarse = webp.lossy(picture, 20, 6, Map.of());

        assertThat(coarse).hasSizeLessThan(fine.length);
        assertThat(error(picture, fine)).isLessThan(3);
        assertThat(error(picture, fine)).isLessThan(error(picture, coarse));
        assertThat(webp.lossy(picture, 95, 6, Map.of())).isEqualTo(fine);
        assertThat(new WebpEncoder().lossy(picture, 95, 0, Map.of())).isNotEqualTo(fine);
    }

    @Test
    void webpTellsWhatThePictureWasMadeFrom() throws IOException {
        Picture picture = gradient(33, 17);

        byte[] file = webp.lossy(picture, 80, 2, TEXTS);

        assertThat(Picture.of(read(file)).rgb())
                .isEqualTo(
                        Picture.of(read(webp.lossy(picture, 80, 2, Map.of()))).rgb());
        tellsIt(ExifReader.inWebp(file).orElseThrow());
    }

    @Test
    void jpegTellsWhatThePictureWasMadeFrom() throws IOException {
        Picture picture = gradient(33, 17);

        byte[] file = JpegEncoder.encode(picture, 90, TEXTS);

        assertThat(error(picture, file)).isLessThan(4);
        assertThat(JpegEncoder.encode(picture, 20, Map.of())).hasSizeLessThan(file.length);
        assertThat(ExifReader.inJpeg(JpegEncoder.encode(picture, 90, Map.of()))).isEmpty();
        tellsIt(ExifReader.inJpeg(file).orElseThrow());
    }

    private static void tellsIt(byte[] exif) throws IOException {
        assertThat(ExifReader.comment(exif)).contains(TEXTS.get("parameters"));
        String json = ExifReader.description(exif).orElseThrow();
        assertThat(json).containsPattern("\\A[ -~]+\\z");
        assertThat(new JsonMapper().readTree(json)).isEqualTo(new JsonMapper().readTree(TEXTS.get("drover")));
    }

    @Test
    void jpegLeavesOutWhatItHasNoRoomFor() throws IOException {
        Picture picture = gradient(8, 8);

        byte[] noJson = JpegEncoder.encode(picture, 90, Map.of("parameters", "p", "drover", "x".repeat(70_000)));
        byte[] nothing = JpegEncoder.encode(picture, 90, Map.of("parameters", "p".repeat(40_000)));
        byte[] webpHasIt = webp.lossy(picture, 90, 0, Map.of("parameters", "p".repeat(40_000)));

        byte[] exif = ExifReader.inJpeg(noJson).orElseThrow();
        assertThat(ExifReader.comment(exif)).contains("p");
        assertThat(ExifReader.description(exif)).isEmpty();
        assertThat(ExifReader.inJpeg(nothing)).isEmpty();
        assertThat(read(nothing).getWidth()).isEqualTo(8);
        assertThat(ExifReader.comment(ExifReader.inWebp(webpHasIt).orElseThrow())
                        .orElseThrow())
                .hasSize(40_000);
    }

    @Test
    void aPlaceholderIsGreyAndAsLargeAsWhatItStandsFor() {
        Picture large = Placeholder.saying("withheld", 200, 100);
        Picture tiny = Placeholder.saying("withheld", 3, 2);

        assertThat(large.width()).isEqualTo(200);
        assertThat(large.height()).isEqualTo(100);
        assertThat(large.rgb()).startsWith(0x80, 0x80, 0x80).endsWith(0x80, 0x80, 0x80);
        for (int i = 0; i < large.rgb().length; i += 3) {
            assertThat(large.rgb()[i]).isEqualTo(large.rgb()[i + 1]).isEqualTo(large.rgb()[i + 2]);
        }
        assertThat(tiny.rgb()).hasSize(18).containsOnly(0x80);
        assertThat(Placeholder.saying("withheld", 200, 100).rgb()).isEqualTo(large.rgb());
    }

    private static BufferedImage read(byte[] file) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(file));
    }

    /** Mean absolute error of a channel, 0 to 255. */
    private static double error(Picture picture, byte[] file) throws IOException {
        byte[] rgb = Picture.of(read(file)).rgb();
        double sum = 0;
        for (int i = 0; i < rgb.length; i++) {
            sum += Math.abs((rgb[i] & 0xff) - (picture.rgb()[i] & 0xff));
        }
        return sum / rgb.length;
    }

    private static Picture noise(int width, int height, long seed) {
        byte[] rgb = new byte[3 * width * height];
        new SplittableRandom(seed).nextBytes(rgb);
        return new Picture(width, height, rgb);
    }

    private static Picture gradient(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i += 3) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) (255 * x / width);
            rgb[i + 1] = (byte) (255 * y / height);
            rgb[i + 2] = (byte) (128 + 60 * Math.sin(x * 0.3) * Math.cos(y * 0.2));
        }
        return new Picture(width, height, rgb);
    }
}
