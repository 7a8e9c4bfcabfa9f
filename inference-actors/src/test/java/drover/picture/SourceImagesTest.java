package drover.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import drover.picture.SourceImages.Limits;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceImagesTest {
    private static final Limits LIMITS = new Limits(64, 1 << 20);

    /** Red, green, blue, white, black, grey: 3 wide, 2 high. */
    private static final int[] SIX = {0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF, 0x000000, 0x808080};

    @Test
    void everyFormatIsToldByItsBytes() throws Exception {
        for (String format : new String[] {"png", "jpeg", "webp"}) {
            byte[] bytes = file(plain(48, 32, 0x336699), format);
            SourceImages.Header header = SourceImages.inspect(bytes, LIMITS);
            assertThat(header.format().readerName()).isEqualTo(format);
            assertThat(header.width()).isEqualTo(48);
            assertThat(header.height()).isEqualTo(32);
            Picture picture = SourceImages.decode(bytes, LIMITS);
            assertThat(picture.width()).isEqualTo(48);
            assertThat(picture.rgb()[0] & 0xFF).isBetween(0x33 - 3, 0x33 + 3);
            assertThat(picture.rgb()[1] & 0xFF).isBetween(0x66 - 3, 0x66 + 3);
            assertThat(picture.rgb()[2] & 0xFF).isBetween(0x99 - 3, 0x99 + 3);
        }
    }

    @Test
    void greysStayWhatAScreenShows() throws Exception {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            BufferedImage grey = new BufferedImage(2, 1, type);
            int full = type == BufferedImage.TYPE_BYTE_GRAY ? 0x80 : 0x8000;
            grey.getRaster().setSample(0, 0, 0, full);
            grey.getRaster().setSample(1, 0, 0, 0);
            assertThat(SourceImages.decode(file(grey, "png"), LIMITS).rgb()).containsExactly(0x80, 0x80, 0x80, 0, 0, 0);
        }
    }

    @Test
    void transparencyBecomesAMaskAndColoursAreKept() throws Exception {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0xFF112233);
        image.setRGB(1, 0, 0x00445566);
        SourceImages.Decoded decoded = SourceImages.decodeWithTransparency(file(image, "png"), LIMITS);
        assertThat(decoded.picture().rgb()).containsExactly(0x11, 0x22, 0x33, 0x44, 0x55, 0x66);
        assertThat(decoded.transparency().orElseThrow().values()).containsExactly(0, 1);
        assertThat(SourceImages.decodeWithTransparency(file(plain(2, 2, 0), "png"), LIMITS)
                        .transparency())
                .isEmpty();
    }

    /** The first row of what is shown, for each of Exif's orientations of the same stored pixels. */
    @ParameterizedTest
    @CsvSource({
        "1, 3, FF0000 00FF00 0000FF",
        "2, 3, 0000FF 00FF00 FF0000",
        "3, 3, 808080 000000 FFFFFF",
        "4, 3, FFFFFF 000000 808080",
        "5, 2, FF0000 FFFFFF",
        "6, 2, FFFFFF FF0000",
        "7, 2, 808080 0000FF",
        "8, 2, 0000FF 808080"
    })
    void picturesStandUpright(int orientation, int width, String row) throws Exception {
        byte[] png = withChunk(file(six(), "png"), "eXIf", tiff(orientation, orientation % 2 == 0));
        assertThat(SourceImages.exifOrientation(png)).isEqualTo(orientation);
        assertThat(SourceImages.inspect(png, LIMITS).width()).isEqualTo(width);
        Picture picture = SourceImages.decode(png, LIMITS);
        StringBuilder first = new StringBuilder();
        for (int x = 0; x < width; x++) {
            byte[] rgb = picture.rgb();
            first.append("%02X%02X%02X ".formatted(rgb[3 * x], rgb[3 * x + 1], rgb[3 * x + 2]));
        }
        assertThat(first.toString().strip()).isEqualTo(row);
    }

    @Test
    void orientationIsFoundInJpegAndWebp() throws Exception {
        byte[] exif = tiff(6, true);
        byte[] jpeg = file(plain(16, 8, 0), "jpeg");
        ByteBuffer tagged = ByteBuffer.allocate(jpeg.length + exif.length + 10);
        tagged.put(jpeg, 0, 2).putShort((short) 0xFFE1).putShort((short) (exif.length + 8));
        tagged.put("Exif\0\0".getBytes(StandardCharsets.US_ASCII)).put(exif).put(jpeg, 2, jpeg.length - 2);
        assertThat(SourceImages.exifOrientation(tagged.array())).isEqualTo(6);
        Picture upright = SourceImages.decode(tagged.array(), LIMITS);
        assertThat(upright.width()).isEqualTo(8);
        assertThat(upright.height()).isEqualTo(16);

        byte[] webp = file(plain(16, 8, 0), "webp");
        ByteBuffer more = ByteBuffer.allocate(webp.length + 8 + exif.length).order(ByteOrder.LITTLE_ENDIAN);
        more.put(webp)
                .put("EXIF".getBytes(StandardCharsets.US_ASCII))
                .putInt(exif.length)
                .put(exif);
        assertThat(SourceImages.exifOrientation(more.array())).isEqualTo(6);
    }

    @Test
    void aBombIsRefusedByItsHeader() throws Exception {
        byte[] bomb = bomb(30_000, 30_000);
        assertThat(bomb.length).isLessThan(1 << 20);
        assertThatThrownBy(() -> SourceImages.decode(bomb, Limits.HORDE))
                .isInstanceOf(BadImageException.class)
                .hasMessage("the picture is 30000x30000 pixels; at most 3072 a side are taken");
        assertThatThrownBy(() -> SourceImages.decode(file(plain(65, 8, 0), "png"), LIMITS))
                .hasMessage("the picture is 65x8 pixels; at most 64 a side are taken");
        assertThatThrownBy(() -> SourceImages.decode(new byte[100], new Limits(10, 99)))
                .hasMessage("the picture has 100 bytes; at most 99 are taken");
    }

    @Test
    void aTextThatUnpacksToAGigabyteIsNotUnpacked() throws Exception {
        byte[] zeros = new byte[1 << 20];
        Deflater deflater = new Deflater(9);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.writeBytes("k\0\0".getBytes(StandardCharsets.US_ASCII));
        byte[] buffer = new byte[1 << 16];
        for (int i = 0; i < 256; i++) {
            deflater.setInput(zeros);
            while (!deflater.needsInput()) {
                packed.write(buffer, 0, deflater.deflate(buffer));
            }
        }
        deflater.finish();
        while (!deflater.finished()) {
            packed.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        byte[] png = withChunk(file(plain(8, 8, 0x123456), "png"), "zTXt", packed.toByteArray());
        assertThat(SourceImages.decode(png, LIMITS).rgb()).startsWith(0x12, 0x34, 0x56);
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg", "webp"})
    void whatIsDamagedIsRefusedAndNothingElseHappens(String format) throws Exception {
        byte[] good = file(plain(40, 40, 0x884422), format);
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] bad = Arrays.copyOf(good, i % 2 == 0 ? good.length : 1 + random.nextInt(good.length));
            for (int flip = 0; flip < 3; flip++) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
            }
            try {
                Picture picture = SourceImages.decode(bad, LIMITS);
                assertThat(picture.width()).isBetween(1, 64);
            } catch (BadImageException e) {
                assertThat(e).hasMessageStartingWith("the picture");
            }
        }
    }

    /** As Adobe's programs write them, 255 is no ink. */
    @ParameterizedTest
    @CsvSource({
        "0, 255, 0, 0, 255, 0xFF0000", // red: no cyan, all magenta and yellow
        "0, 255, 255, 255, 255, 0xFFFFFF",
        "0, 255, 255, 255, 0, 0x000000",
        "0, 100, 200, 50, 255, 0x64C832",
        "0, 200, 200, 200, 128, 0x646464",
        "2, 0, 128, 128, 255, 0xFFFFFF", // nothing to print, as luma and chroma
        "2, 255, 128, 128, 255, 0x000000",
        "2, 179, 171, 1, 255, 0xFE0000", // nearly all magenta and yellow
    })
    void aJpegOfFourInksIsWhatItLooksLike(int transform, int a, int b, int c, int black, String rgb) throws Exception {
        byte[] file = inks(transform, a, b, c, black);
        assertThat(SourceImages.inspect(file, LIMITS)).isEqualTo(new SourceImages.Header(ImageFormat.JPEG, 16, 8));
        Picture picture = SourceImages.decode(file, LIMITS);
        int expected = Integer.decode(rgb);
        for (int channel = 0; channel < 3; channel++) {
            assertThat(picture.rgb()[channel] & 0xFF)
                    .as("channel %s", channel)
                    .isCloseTo((expected >> (16 - 8 * channel)) & 0xFF, within(3));
        }
    }

    private static byte[] inks(int transform, int... inks) throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 16, 8, 4, null);
        for (int i = 0; i < 16 * 8; i++) {
            raster.setPixel(i % 16, i / 16, inks);
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(1);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(raster, null, null), param);
        } finally {
            writer.dispose();
        }
        byte[] jpeg = out.toByteArray();
        ByteBuffer marked = ByteBuffer.allocate(jpeg.length + 16).put(jpeg, 0, 2);
        marked.putShort((short) 0xFFEE).putShort((short) 14).put("Adobe".getBytes(StandardCharsets.US_ASCII));
        marked.put(new byte[] {0, 100, 0, 0, 0, 0, (byte) transform});
        return marked.put(jpeg, 2, jpeg.length - 2).array();
    }

    @Test
    void anAnimationIsRefusedAsOne() {
        byte[] webp = "RIFF\22\0\0\0WEBPVP8X\12\0\0\0\2\0\0\0\7\0\0\7\0\0".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> SourceImages.decode(webp, LIMITS))
                .isInstanceOf(BadImageException.class)
                .hasMessage("the picture is an animated WebP; send one picture of it");
    }

    @Test
    void sixteenBitsAreAsBrightAsEight() throws Exception {
        for (int type : new int[] {BufferedImage.TYPE_USHORT_GRAY, BufferedImage.TYPE_CUSTOM}) {
            BufferedImage image = type == BufferedImage.TYPE_CUSTOM ? wide() : new BufferedImage(2, 1, type);
            for (int band = 0; band < image.getRaster().getNumBands(); band++) {
                image.getRaster().setSample(0, 0, band, 0x8040);
                image.getRaster().setSample(1, 0, band, 0xFFFF);
            }
            Picture picture = SourceImages.decode(file(image, "png"), LIMITS);
            assertThat(picture.rgb()).containsExactly(0x80, 0x80, 0x80, 0xFF, 0xFF, 0xFF);
        }
    }

    /** Red, green and blue of 16 bits each. */
    private static BufferedImage wide() {
        ColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_USHORT);
        return new BufferedImage(model, model.createCompatibleWritableRaster(2, 1), false, null);
    }

    @Test
    void textIsNoPicture() {
        assertThatThrownBy(() -> SourceImages.decode("GIF89a".getBytes(StandardCharsets.US_ASCII), LIMITS))
                .hasMessage("the picture is neither PNG nor JPEG nor WebP");
    }

    private static BufferedImage plain(int width, int height, int rgb) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, rgb);
        }
        return image;
    }

    private static BufferedImage six() {
        BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 3, 2, SIX, 0, 3);
        return image;
    }

    private static byte[] file(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, out))
                .as("a writer for %s", format)
                .isTrue();
        return out.toByteArray();
    }

    /** One directory with one entry. */
    private static byte[] tiff(int orientation, boolean little) {
        ByteBuffer tiff = ByteBuffer.allocate(26).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        tiff.putShort((short) (little ? 0x4949 : 0x4D4D)).putShort((short) 42).putInt(8);
        tiff.putShort((short) 1).putShort((short) 0x0112).putShort((short) 3).putInt(1);
        tiff.putShort((short) orientation).putShort((short) 0).putInt(0);
        return tiff.array();
    }

    /** Right behind the header, which is a PNG file's first 33 bytes. */
    private static byte[] withChunk(byte[] png, String type, byte[] content) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 sum = new CRC32();
        sum.update(name);
        sum.update(content);
        ByteBuffer all = ByteBuffer.allocate(png.length + content.length + 12);
        all.put(png, 0, 33).putInt(content.length).put(name).put(content).putInt((int) sum.getValue());
        return all.put(png, 33, png.length - 33).array();
    }

    /** A good PNG file's header with another size in it; the rest is far too short for it. */
    private static byte[] bomb(int width, int height) throws IOException {
        byte[] png = file(plain(8, 8, 0), "png");
        ByteBuffer.wrap(png).putInt(16, width).putInt(20, height);
        CRC32 sum = new CRC32();
        sum.update(png, 12, 17);
        ByteBuffer.wrap(png).putInt(29, (int) sum.getValue());
        return png;
    }
}
