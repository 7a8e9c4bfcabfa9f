package drover.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import drover.inference.EngineException;
import drover.inference.Sampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Properties of all samplers; their numbers are compared with the reference's by the golden runner. */
class SamplersTest {
    private static final SigmaTable TABLE = SigmaTableTest.stableDiffusion();
    /** The deviation of the data of {@link #gaussian}. */
    private static final double DATA = 0.5;

    /** Samplers that stop at the lowest level and leave its noise in. */
    private static boolean endsAboveZero(Sampler sampler) {
        return sampler == Sampler.DPM_FAST || sampler == Sampler.DPM_ADAPTIVE;
    }

    /** Where the denoiser always says the same, every sampler ends there, however it went. */
    @Property(tries = 300)
    void aSinglePointIsFound(
            @ForAll Sampler sampler,
            @ForAll boolean karras,
            @ForAll @IntRange(min = 1, max = 60) int steps,
            @ForAll @DoubleRange(min = -3, max = 3) double point,
            @ForAll @DoubleRange(min = 0.1, max = 1) double strength)
            throws EngineException {
        SamplingPlan plan = SamplingPlan.of(sampler, TABLE, steps, karras);
        int first = Math.min(plan.firstStep(strength), steps - 1);
        float[] clean = {(float) point, (float) -point};
        List<StepListener.Step> heard = new ArrayList<>();
        GaussianNoise stream = new GaussianNoise(steps);
        float[] start = plan.addNoise(clean, stream.next(2), first);
        float[] end = plan.run(
                start, first, (x, sigma) -> clean.clone(), SamplingMethods.noise(sampler, stream, 9), heard::add);
        double rest = endsAboveZero(sampler) ? 5 * plan.sigmas()[steps - 1] : 1e-3;
        assertThat(end[0]).isCloseTo(clean[0], within((float) rest));
        assertThat(end[1]).isCloseTo(clean[1], within((float) rest));
        int done = 0;
        for (int i = 0; i < heard.size(); i++) {
            assertThat(heard.get(i).index()).isEqualTo(i);
            assertThat(heard.get(i).done()).isBetween(done, heard.get(i).of());
            done = heard.get(i).done();
        }
        assertThat(done).isEqualTo(heard.getLast().of());
        if (first == 0) {
            assertThat(done).isEqualTo(plan.units());
        }
    }

    /**
     * For Gaussian data the exact flow is known: x shrinks as the deviation of its level does. Twice the steps leave a
     * fraction of the error that tells the order.
     */
    @ParameterizedTest
    @CsvSource({
        "EULER, 1, 48",
        "HEUN, 2, 48",
        "DPM_2, 2, 48",
        "DPMPP_2M, 2, 48",
        "UNI_PC, 2, 96", // With 48 steps its error happens to be near a change of sign.
        "UNI_PC_BH2, 2, 48",
        "LMS, 2, 48",
        "DPM_FAST, 2, 48"
    })
    void convergesInItsOrder(Sampler sampler, double expected, int steps) throws EngineException {
        double order = Math.log(error(sampler, steps) / error(sampler, 2 * steps)) / Math.log(2);
        assertThat(order).isGreaterThan(expected - 0.35);
    }

    private static double error(Sampler sampler, int steps) throws EngineException {
        double low = 0.1;
        double high = 10;
        double[] sigmas = new double[steps + 1];
        for (int i = 0; i <= steps; i++) {
            sigmas[i] = high * Math.pow(low / high, (double) i / steps);
        }
        float[] end = SamplingMethods.of(sampler)
                .sample(SamplersTest::gaussian, new float[] {1000}, sigmas, failing(), StepListener.NONE);
        double exact = 1000 * Math.sqrt((DATA * DATA + low * low) / (DATA * DATA + high * high));
        return Math.abs(end[0] - exact) / exact;
    }

    private static float[] gaussian(float[] x, double sigma) {
        return Latents.scale(DATA * DATA / (DATA * DATA + sigma * sigma), x);
    }

    private static NoiseSource failing() {
        return (sigma, next, count) -> {
            throw new AssertionError("a deterministic sampler asked for noise");
        };
    }

    /** From standard normal noise, Gaussian data come out with the deviation that they have. */
    @ParameterizedTest
    @EnumSource(Sampler.class)
    void samplesHaveTheDeviationOfTheData(Sampler sampler) throws EngineException {
        int count = 20_000;
        SamplingPlan plan = SamplingPlan.of(sampler, TABLE, 150, true);
        GaussianNoise stream = new GaussianNoise(3);
        float[] noise = stream.next(count);
        float[] end = plan.run(
                plan.start(noise),
                0,
                SamplersTest::gaussian,
                SamplingMethods.noise(sampler, stream, 3),
                StepListener.NONE);
        double square = 0;
        for (float value : end) {
            square += value * value;
        }
        if (sampler == Sampler.LCM) {
            // A consistency model's denoiser gives samples; this one gives means, so the spread is smaller.
            assertThat(Math.sqrt(square / count)).isLessThan(DATA);
        } else {
            assertThat(Math.sqrt(square / count)).isCloseTo(DATA, within(0.02));
        }
    }

    static List<Sampler> stochastic() {
        return List.of(
                Sampler.EULER_ANCESTRAL,
                Sampler.DPM_2_ANCESTRAL,
                Sampler.DPMPP_2S_ANCESTRAL,
                Sampler.DPMPP_SDE,
                Sampler.LCM);
    }

    @ParameterizedTest
    @EnumSource(Sampler.class)
    void onlyStochasticSamplersDrawAndTheirNoiseMatters(Sampler sampler) throws EngineException {
        SamplingPlan plan = SamplingPlan.of(sampler, TABLE, 6, false);
        if (!stochastic().contains(sampler)) {
            plan.run(new float[] {4}, 0, SamplersTest::gaussian, failing(), StepListener.NONE);
            return;
        }
        List<float[]> ends = new ArrayList<>();
        for (long seed : new long[] {1, 1, 2}) {
            NoiseSource noise = SamplingMethods.noise(sampler, new GaussianNoise(seed), seed);
            ends.add(plan.run(new float[] {4}, 0, SamplersTest::gaussian, noise, StepListener.NONE));
        }
        assertThat(ends.get(1)).isEqualTo(ends.get(0));
        assertThat(ends.get(2)).isNotEqualTo(ends.get(0));
    }

    @ParameterizedTest
    @MethodSource("stochastic")
    void noNoiseIsDrawnForTheEnd(Sampler sampler) throws EngineException {
        List<Double> levels = new ArrayList<>();
        NoiseSource noise = (sigma, next, count) -> {
            assertThat(next).isLessThan(sigma).isPositive();
            levels.add(next);
            return new float[count];
        };
        SamplingPlan.of(sampler, TABLE, 5, false)
                .run(new float[] {4}, 0, SamplersTest::gaussian, noise, StepListener.NONE);
        assertThat(levels).hasSize(sampler == Sampler.DPMPP_SDE ? 8 : 4);
    }

    @ParameterizedTest
    @EnumSource(Sampler.class)
    void theStartIsLeftAloneAndAListenerStopsTheRun(Sampler sampler) throws EngineException {
        float[] start = {4, -4};
        int[] heard = new int[1];
        assertThatThrownBy(() -> SamplingPlan.of(sampler, TABLE, 12, false)
                        .run(start, 0, SamplersTest::gaussian, NoiseSource.independent(new GaussianNoise(1)), step -> {
                            Arrays.fill(step.latents(), 1); // A listener may steer.
                            heard[0]++;
                            if (step.index() == 1) {
                                throw new EngineException.Cancelled();
                            }
                        }))
                .isInstanceOf(EngineException.Cancelled.class);
        assertThat(heard[0]).isEqualTo(2);
        assertThat(start).containsExactly(4, -4);
    }

    /** The adaptive sampler compares before it accepts; with numbers that are none it would never end. */
    @Test
    void theAdaptiveSamplerGivesUpOnWhatIsNotANumber() {
        assertThatThrownBy(() -> SamplingPlan.of(Sampler.DPM_ADAPTIVE, TABLE, 5, false)
                        .run(new float[1], 0, (x, sigma) -> new float[] {Float.NaN}, failing(), StepListener.NONE))
                .isInstanceOf(EngineException.Failed.class)
                .hasMessageContaining("not finite numbers at sigma");
    }
}
