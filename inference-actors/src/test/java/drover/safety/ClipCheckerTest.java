package drover.safety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import drover.diffusion.Fixtures;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.picture.Picture;
import drover.picture.Resampling;
import drover.picture.SourceImages;
import drover.safety.PictureChecker.Findings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny safety checker of the fixtures, whose verdicts are the reference implementation's. */
class ClipCheckerTest {
    private static final Path FIXTURE = Fixtures.path("safety");

    @TempDir
    Path folder;

    private static Picture picture(int index) throws Exception {
        return SourceImages.decode(
                Files.readAllBytes(FIXTURE.resolve("goldens/image_" + index + ".png")), SourceImages.Limits.HORDE);
    }

    @Test
    void itsVerdictsOnFilesAreTheReferences() throws Exception {
        List<Findings> found = new ArrayList<>();
        try (ClipChecker checker = ClipChecker.open(FIXTURE, TorchOptions.cpu(2))) {
            long loaded = checker.nativeHandles();
            for (int i = 0; i < 6; i++) {
                found.add(checker.look(picture(i)));
            }
            assertThat(checker.nativeHandles()).as("native objects left behind").isEqualTo(loaded);
        }
        assertThat(found)
                .containsExactly(
                        new Findings(false, false),
                        new Findings(true, false),
                        new Findings(false, false),
                        new Findings(true, true),
                        new Findings(true, false),
                        new Findings(false, false));
    }

    @Test
    void pixelsAreTheReferencesToHalfAStep() throws Exception {
        ClipImageProcessor processor = ClipImageProcessor.beside(FIXTURE.resolve("safety_checker"), 56);
        float[] golden = Fixtures.floats(FIXTURE.resolve("goldens"), "input.pixel_values");
        int each = golden.length / 6;
        for (int i = 0; i < 6; i++) {
            float[] expected = Arrays.copyOfRange(golden, i * each, (i + 1) * each);
            float[] pixels = processor.pixels(picture(i));
            for (int k = 0; k < each; k++) {
                assertThat(pixels[k]).isCloseTo(expected[k], within(0.007f));
            }
        }
    }

    @Test
    void aFolderIsFoundItselfOrInsideAModel() {
        Path checker = FIXTURE.resolve("safety_checker");

        assertThat(ClipChecker.folder(FIXTURE)).contains(checker);
        assertThat(ClipChecker.folder(checker)).contains(checker);
        assertThat(ClipChecker.folder(folder)).isEmpty();
        assertThatThrownBy(() -> ClipChecker.open(folder, TorchOptions.cpu(1)))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("is no safety checker: expected config.json");
    }

    @Test
    void settingsThatAreNotUnderstoodAreRefused() throws IOException {
        assertThatThrownBy(() -> processor("{\"resample\": 2}")).hasMessageContaining("resample is 2");
        assertThatThrownBy(() -> processor("{\"do_resize\": false}")).hasMessageContaining("do_resize");
        assertThatThrownBy(() -> processor("{\"crop_size\": 224}")).hasMessageContaining("squares of 56 pixels");
        assertThatThrownBy(() -> processor("{\"size\": 20}")).hasMessageContaining("do not fit together");
        assertThatThrownBy(() -> processor("{\"image_std\": [1, 0, 1]}")).hasMessageContaining("no deviation 0");
    }

    @Test
    void olderSettingsAndNoneAreUnderstood() throws Exception {
        ClipImageProcessor written = processor("{\"size\": 56, \"crop_size\": 56, \"resample\": 3}");
        ClipImageProcessor absent =
                ClipImageProcessor.beside(Files.createDirectories(folder.resolve("other/safety_checker")), 56);

        assertThat(written).isEqualTo(absent);
        assertThat(absent).isEqualTo(ClipImageProcessor.beside(FIXTURE.resolve("safety_checker"), 56));
    }

    private ClipImageProcessor processor(String json) throws IOException, EngineException {
        Path extractor = Files.createDirectories(folder.resolve("feature_extractor"));
        Files.writeString(extractor.resolve("preprocessor_config.json"), json);
        return ClipImageProcessor.beside(folder.resolve("safety_checker"), 56);
    }

    @Property(tries = 200)
    void aPlainPictureStaysPlainInAnySize(
            @ForAll @IntRange(min = 1, max = 90) int width,
            @ForAll @IntRange(min = 1, max = 90) int height,
            @ForAll @IntRange(min = 1, max = 90) int toWidth,
            @ForAll @IntRange(min = 1, max = 90) int toHeight,
            @ForAll byte colour) {
        byte[] rgb = new byte[3 * width * height];
        Arrays.fill(rgb, colour);

        Picture resized = Resampling.bicubic(new Picture(width, height, rgb), toWidth, toHeight);

        assertThat(resized.width()).isEqualTo(toWidth);
        assertThat(resized.height()).isEqualTo(toHeight);
        assertThat(resized.rgb()).containsOnly(colour);
    }
}
