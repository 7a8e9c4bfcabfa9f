package drover.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.Sampler;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs that begin with a picture. */
class PartialRunTest {
    private static final SigmaTable TABLE = table();

    private static SigmaTable table() {
        double[] sigmas = new double[1000];
        double product = 1;
        for (int i = 0; i < sigmas.length; i++) {
            double root = Math.sqrt(0.00085) + (Math.sqrt(0.012) - Math.sqrt(0.00085)) * i / 999;
            product *= 1 - root * root;
            sigmas[i] = Math.sqrt((1 - product) / product);
        }
        return new SigmaTable(sigmas);
    }

    @ParameterizedTest
    @EnumSource(Sampler.class)
    void theLastStepsOfALongerRunAreRun(Sampler sampler) {
        for (Spacing spacing : Spacing.values()) {
            double[] longer = SamplingPlan.of(sampler, TABLE, 40, spacing, 1).sigmas();
            double[] part = SamplingPlan.of(sampler, TABLE, 20, spacing, 0.5).sigmas();
            assertThat(part).hasSize(21).isEqualTo(Arrays.copyOfRange(longer, 20, 41));
        }
    }

    @Test
    void fullStrengthIsTheWholeRun() {
        SamplingPlan whole = SamplingPlan.of(Sampler.EULER, TABLE, 20, false);
        SamplingPlan full = SamplingPlan.of(Sampler.EULER, TABLE, 20, Spacing.NORMAL, 1);
        assertThat(full.sigmas()).isEqualTo(whole.sigmas());
        assertThat(full.initNoiseSigma()).isEqualTo(whole.initNoiseSigma());
    }

    @Test
    void aPartBeginsWithThePictureAndItsLevelsNoise() {
        SamplingPlan part = SamplingPlan.of(Sampler.EULER, TABLE, 10, Spacing.KARRAS, 0.4);
        assertThat(part.initNoiseSigma()).isEqualTo(part.sigmas()[0]);
        double sigma = part.sigmas()[0];
        assertThat(part.start(new float[] {3, -1}, new float[] {1, 2}))
                .containsExactly((float) (3 + sigma), (float) (-1 + 2 * sigma));
    }

    @Test
    void simpleLevelsAreTrainedOnes() {
        double[] levels = TABLE.simple(3);
        assertThat(levels).hasSize(4);
        assertThat(levels[0]).isEqualTo(TABLE.max());
        assertThat(levels[1]).isEqualTo(TABLE.sigma(666));
        assertThat(levels[2]).isEqualTo(TABLE.sigma(333));
        assertThat(levels[3]).isZero();
    }

    @Test
    void whatIsKeptIsPutBackAroundEveryLook() throws Exception {
        float[] repaint = {1, 0};
        float[] clean = {10, 20, 30, 40};
        float[] noise = {1, 2, 3, 4};
        float[][] seen = new float[1][];
        SigmaDenoiser model = (x, sigma) -> {
            seen[0] = x.clone();
            return new float[] {-1, -2, -3, -4};
        };
        float[] found = new MaskedDenoiser(model, repaint, clean, noise).denoise(new float[] {5, 6, 7, 8}, 0.5);
        assertThat(seen[0]).containsExactly(5, 21, 7, 42);
        assertThat(found).containsExactly(-1, 20, -3, 40);
    }
}
