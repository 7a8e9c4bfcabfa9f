package drover.source.appetite;

import static org.assertj.core.api.Assertions.assertThat;

import drover.source.models.Baseline;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server is known to answer. */
final class ServerRulesTest {
    @ParameterizedTest(name = "{0}x{1} × {2} {3}: {7} s")
    @CsvSource({
        "512, 512, 30, k_euler, false, STABLE_DIFFUSION_1, false, 150",
        "1024, 1024, 4, k_euler, false, STABLE_DIFFUSION_XL, false, 150",
        "1024, 1024, 30, k_euler, false, STABLE_DIFFUSION_XL, false, 270",
        "1536, 768, 40, k_euler, false, STABLE_DIFFUSION_XL, false, 390",
        "2048, 2048, 30, k_euler, false, STABLE_DIFFUSION_XL, false, 990",
        "1024, 1024, 4, k_euler, false, FLUX, false, 186",
        "1024, 1024, 4, k_euler, false, QWEN_IMAGE, false, 186",
        "1024, 1024, 4, k_euler, false, Z_IMAGE, false, 186",
        "512, 512, 100, k_euler, false, STABLE_DIFFUSION_1, false, 230",
        "512, 512, 50, k_heun, false, STABLE_DIFFUSION_1, false, 230",
        "512, 512, 50, k_dpmpp_sde, false, STABLE_DIFFUSION_1, false, 230",
        "1024, 1024, 500, k_dpm_adaptive, false, STABLE_DIFFUSION_XL, false, 350",
        "512, 512, 60, k_euler, true, STABLE_DIFFUSION_1, false, 300",
        "512, 512, 30, k_euler, false, STABLE_DIFFUSION_1, true, 450",
        "1024, 1024, 30, k_euler, false, STABLE_DIFFUSION_XL, true, 810",
    })
    void timeToLive(
            int width,
            int height,
            int steps,
            String sampler,
            boolean control,
            Baseline baseline,
            boolean extraSlow,
            double seconds) {
        assertThat(ServerRules.timeToLive((double) width * height, steps, sampler, control, baseline, extraSlow))
                .isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({
        "262144, 262144, 1, 1",
        "262144, 262144, 20, 6", //   20 / 3.5
        "262144, 1048576, 4, 4", //   16 / 3.5, at most 4
        "1048576, 1048576, 4, 1", //   4 / 3.5
        "1048576, 1048576, 8, 2",
        "65536, 1048576, 20, 20",
    })
    void batches(double pixels, double maxPixels, int amount, int pictures) {
        assertThat(ServerRules.batch(pixels, maxPixels, amount)).isEqualTo(pictures);
    }

    @Property
    void theLargestPictureOfABatchIsTheLargest(
            @ForAll @IntRange(min = 2, max = 20) int pictures,
            @ForAll @IntRange(min = 2, max = 20) int amount,
            @ForAll @IntRange(min = 1, max = 512) int power) {
        double maxPixels = power * 32768.0;
        double most = ServerRules.pixelsOfBatch(pictures, maxPixels, amount, false);

        assertThat(ServerRules.pixelsOfBatch(pictures, maxPixels, amount, true)).isLessThanOrEqualTo(most);
        if (pictures <= amount) {
            assertThat(ServerRules.batch(most * 0.999999, maxPixels, amount)).isGreaterThanOrEqualTo(pictures);
        }
        if (most < maxPixels) {
            assertThat(ServerRules.batch(most * 1.000001, maxPixels, amount)).isLessThan(pictures);
        }
    }
}
