package drover.source.appetite;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The existing worker's measure, to the last digit. */
final class EffectiveWorkTest {
    @ParameterizedTest(name = "{0}x{1}, {2} steps, {3} pictures: {9}")
    @CsvSource({
        // width, height, steps, pictures, upscaler, lora, hires, heavy, qr, effective megapixel-steps
        "512, 512, 30, 1, false, false, false, false, false, 7", //    7.86
        "1024, 1024, 30, 1, false, false, false, false, false, 31", // 31.46
        "1024, 1024, 30, 4, false, false, false, false, false, 50", // 31.46 × 1.6
        "512, 512, 30, 1, true, false, false, false, false, 13", //    + 262144 × 20
        "512, 512, 30, 3, true, false, false, false, false, 26", //    7.86 × 1.4 + 15.73
        "512, 512, 30, 1, false, true, false, false, false, 11", //    + 4
        "1024, 1024, 30, 1, false, false, true, false, false, 39", //  + 7.86
        "1024, 1024, 4, 1, false, false, false, true, false, 25", //   4.19 × 6
        "1024, 1024, 30, 1, false, false, false, false, true, 125", // 31.46 × 2 × 2
        "1024, 1024, 30, 2, true, true, true, true, true, 2197", //    (37.75 + 41.94 + 4 + 7.86) × 24
        "64, 64, 1, 1, false, false, false, false, false, 0",
    })
    void theFormula(
            int width,
            int height,
            int steps,
            int pictures,
            boolean upscaler,
            boolean lora,
            boolean hires,
            boolean heavy,
            boolean qr,
            long expected) {
        assertThat(EffectiveWork.of(
                        new EffectiveWork.Shape(width, height, steps, pictures, upscaler, lora, hires, heavy, qr)))
                .isEqualTo(expected);
    }

    @Property
    void moreOfAnythingIsNeverLess(
            @ForAll @IntRange(min = 1, max = 48) int width,
            @ForAll @IntRange(min = 1, max = 48) int height,
            @ForAll @IntRange(min = 1, max = 499) int steps,
            @ForAll @IntRange(min = 1, max = 19) int pictures,
            @ForAll boolean lora) {
        long work = of(width, height, steps, pictures, lora);

        assertThat(of(width + 1, height, steps, pictures, lora)).isGreaterThanOrEqualTo(work);
        assertThat(of(width, height, steps + 1, pictures, lora)).isGreaterThanOrEqualTo(work);
        assertThat(of(width, height, steps, pictures + 1, lora)).isGreaterThanOrEqualTo(work);
        assertThat(of(width, height, steps, pictures, true)).isGreaterThanOrEqualTo(work);
    }

    private static long of(int width, int height, int steps, int pictures, boolean lora) {
        return EffectiveWork.of(
                new EffectiveWork.Shape(width * 64, height * 64, steps, pictures, false, lora, false, false, false));
    }
}
