package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real pictures, by the bundled model. */
final class GenerateCommandTest {
    @TempDir
    Path home;

    @Test
    void theSameSeedGivesTheSameBytesAndNothingElseIsLeft() throws IOException {
        Files.createDirectory(home.resolve("models"));
        Path first = home.resolve("first.png");
        TestCli once = new TestCli(home, Map.of());
        TestCli again = new TestCli(home, Map.of());

        assertThat(once.run("generate", "a red apple", "--out", first.toString(), "--steps", "3", "--seed", "7"))
                .as(once.err())
                .isZero();
        assertThat(again.run(
                        "generate",
                        "a red apple",
                        "--out",
                        home.resolve("second.png").toString(),
                        "--steps",
                        "3",
                        "--seed",
                        "6",
                        "--count",
                        "2",
                        "--json"))
                .as(again.err())
                .isZero();

        assertThat(ImageIO.read(first.toFile()).getWidth()).isEqualTo(64);
        assertThat(home.resolve("second-2.png")).hasSameBinaryContentAs(first);
        assertThat(once.out()).contains(first + "  seed 7").contains("model emoji-diffusion, 64x64, 3 steps");
        assertThat(once.err()).contains("denoising (3 steps)");
        JsonNode json = JsonMapper.builder().build().readTree(again.out());
        assertThat(json.path("seeds").toString()).isEqualTo("[6,7]");
        assertThat(json.path("seconds").isDouble()).isTrue();
        try (Stream<Path> files = Files.list(home)) {
            assertThat(files.map(Path::getFileName).map(Path::toString).filter(name -> name.contains("png")))
                    .containsExactlyInAnyOrder("first.png", "second.png", "second-2.png");
        }
    }

    @Test
    void aPictureIsMadeFromAPicture() throws IOException {
        Path source = home.resolve("source.png");
        Path mask = home.resolve("mask.png");
        ImageIO.write(plain(0x3366CC), "png", source.toFile());
        ImageIO.write(plain(0), "png", mask.toFile());
        Path kept = home.resolve("kept.png");
        TestCli cli = new TestCli(home, Map.of());
        assertThat(cli.run(
                        "generate",
                        "a red apple",
                        "--out",
                        kept.toString(),
                        "--steps",
                        "2",
                        "--source",
                        source.toString(),
                        "--mask",
                        mask.toString(),
                        "--tiling",
                        "--hires-fix"))
                .as(cli.err())
                .isZero();
        // The mask is black: nothing is painted anew.
        assertThat(ImageIO.read(kept.toFile()).getRGB(10, 50)).isEqualTo(0xFF3366CC);

        assertThat(cli.run("generate", "x", "--out", kept.toString(), "--strength", "0.5"))
                .isEqualTo(2);
        assertThat(cli.err()).contains("--mask and --strength go with --source");
        assertThat(cli.run("generate", "x", "--out", kept.toString(), "--lora", "ink:0.8"))
                .isEqualTo(1);
        assertThat(cli.err()).contains("emoji-diffusion cannot be used with LoRAs here");
        Path text = Files.writeString(home.resolve("no.png"), "no picture");
        assertThat(cli.run("generate", "x", "--out", kept.toString(), "--source", text.toString()))
                .isEqualTo(2);
        assertThat(cli.err()).contains("neither PNG nor JPEG nor WebP");
    }

    private static BufferedImage plain(int rgb) {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 64 * 64; i++) {
            image.setRGB(i % 64, i / 64, rgb);
        }
        return image;
    }

    @Test
    void theEndingOfTheFileSaysTheFormat() throws IOException {
        Files.createDirectory(home.resolve("models"));
        Path webp = home.resolve("apple.webp");
        TestCli cli = new TestCli(home, Map.of());

        assertThat(cli.run(
                        "generate", "an apple", "--out", webp.toString(), "--steps", "1", "--format", "webp-lossless"))
                .as(cli.err())
                .isZero();

        assertThat(Files.readString(webp, StandardCharsets.ISO_8859_1))
                .startsWith("RIFF")
                .contains("WEBPVP8X", "EXIF");
        assertThat(ImageIO.read(webp.toFile()).getWidth()).isEqualTo(64);
    }

    @Test
    void aStallIsGivenUp() throws IOException {
        Path conf = Files.writeString(
                home.resolve("d.conf"),
                "drover { engine = fault, fault.step-time = 2s, watchdog { inference-step-timeout = 200ms } }");
        TestCli cli = new TestCli(home, Map.of());

        assertThat(cli.run("generate", "x", "--out", home.resolve("x.png").toString(), "--config", conf.toString()))
                .isEqualTo(1);
        assertThat(cli.err()).contains("no progress for").contains("DENOISING");
        assertThat(home.resolve("x.png")).doesNotExist();
    }
}
