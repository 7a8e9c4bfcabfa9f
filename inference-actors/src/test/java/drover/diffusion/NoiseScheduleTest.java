package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.GaussianNoise;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.sampling.SigmaTable;
import drover.sampling.Spacing;
import drover.sampling.StepListener;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseScheduleTest {
    private static final String SD15 = "\"beta_start\":0.00085,\"beta_end\":0.012,\"beta_schedule\":\"scaled_linear\"";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"beta_schedule\":\"squaredcos_cap_v2\" | beta_schedule is squaredcos_cap_v2",
                "\"prediction_type\":\"sample\" | prediction_type is sample; these are supported: epsilon, v_prediction",
                "\"rescale_betas_zero_snr\":1 | rescale_betas_zero_snr is 1; expected true or false",
                "\"trained_betas\":[1e-12, 0.5] | the noise schedule has a level of 0.0",
                "\"thresholding\":true | thresholding is true",
                "\"num_train_timesteps\":0 | num_train_timesteps is 0",
                "\"num_train_timesteps\":1e3 | expected a whole number",
                "\"beta_end\":2 | a beta of",
                "\"beta_start\":\"x\" | beta_start is \"x\"; expected a number",
                "\"trained_betas\":[] | trained_betas is empty",
            })
    void refusesByNameWhatItDoesNotKnow(String setting, String reason) {
        assertThatThrownBy(() -> schedule(setting))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void trainedLevelsAreThoseOfStableDiffusion() throws EngineException {
        NoiseSchedule schedule = schedule(SD15);
        assertThat(schedule.table().size()).isEqualTo(1000);
        assertThat(schedule.table().min()).isCloseTo(0.029167158, within(1e-6));
        assertThat(schedule.table().max()).isCloseTo(14.614641229, within(1e-4));
    }

    /** With the perfect network of a single point, sampling ends at the point, whatever is predicted. */
    @Property(tries = 100)
    void bothPredictionsDenoise(
            @ForAll boolean velocity,
            @ForAll boolean zeroTerminal,
            @ForAll boolean karras,
            @ForAll @IntRange(min = 2, max = 60) int steps,
            @ForAll @DoubleRange(min = -2, max = 2) double point)
            throws EngineException {
        // The noise alone says nothing of a point where there is no signal beside it.
        String ending = zeroTerminal && velocity ? ",\"rescale_betas_zero_snr\":true" : "";
        NoiseSchedule schedule = schedule(SD15 + ending + (velocity ? ",\"prediction_type\":\"v_prediction\"" : ""));
        SamplingPlan plan = SamplingPlan.of(Sampler.EULER, schedule.table(), steps, karras);
        Prediction.Predictor network = (input, timestep) -> {
            double sigma = schedule.table().sigma(timestep);
            double signal = 1 / Math.sqrt(sigma * sigma + 1);
            double spread = sigma * signal;
            double noise = (input[0] - signal * point) / spread;
            return new float[] {(float) (velocity ? signal * noise - spread * point : noise)};
        };
        SigmaDenoiser denoiser = schedule.prediction().denoiser(network, plan);
        GaussianNoise stream = new GaussianNoise(steps);
        float[] end =
                plan.run(plan.start(stream.next(1)), 0, denoiser, NoiseSource.independent(stream), StepListener.NONE);
        assertThat(end[0]).isCloseTo((float) point, within(0.01f));
    }

    /** The definition in float64: the amplitudes of the signal, shifted and stretched between the first and zero. */
    @Test
    void aScheduleThatEndsWithoutSignalIsTheDefinitions() throws EngineException {
        SigmaTable table = schedule(SD15 + ",\"rescale_betas_zero_snr\":true").table();
        SigmaTable trained = schedule(SD15).table();
        double first = amplitude(trained, 0);
        double last = amplitude(trained, 999);
        for (int i = 0; i < 999; i++) {
            double signal = (amplitude(trained, i) - last) * first / (first - last);
            double sigma = Math.sqrt(1 / (signal * signal) - 1);
            assertThat(table.sigma(i)).as("level %s", i).isCloseTo(sigma, within(2e-3 * sigma));
        }
        assertThat(table.min()).isCloseTo(trained.min(), within(1e-5));
        // Worked out apart from this program.
        assertThat(table.sigma(500)).isCloseTo(1.7745575, within(1e-5));
        assertThat(table.sigma(900)).isCloseTo(18.351919, within(2e-3));
        // Where no signal is left, the reference takes 2^-24 for it.
        assertThat(table.max()).isCloseTo(Math.sqrt((1 << 24) - 1), within(1e-6));
    }

    private static double amplitude(SigmaTable table, int timestep) {
        double sigma = table.sigma(timestep);
        return 1 / Math.sqrt(sigma * sigma + 1);
    }

    @Test
    void onlyAModelThatAsksForItIsLedByTrailingTimesteps() throws EngineException {
        NoiseSchedule trailing = schedule(SD15 + ",\"timestep_spacing\":\"trailing\"");
        assertThat(trailing.spacing(false)).isEqualTo(Spacing.TRAILING);
        assertThat(trailing.spacing(true)).isEqualTo(Spacing.KARRAS);
        assertThat(schedule(SD15 + ",\"timestep_spacing\":\"leading\"").spacing(false))
                .isEqualTo(Spacing.NORMAL);
        assertThat(schedule(SD15).spacing(false)).isEqualTo(Spacing.NORMAL);
    }

    @Test
    void aNetworkOfAnotherSizeIsRefused() throws EngineException {
        NoiseSchedule schedule = schedule(SD15);
        SamplingPlan plan = SamplingPlan.of(Sampler.EULER, schedule.table(), 2, false);
        SigmaDenoiser denoiser = schedule.prediction().denoiser((input, timestep) -> new float[3], plan);
        assertThatThrownBy(() -> denoiser.denoise(new float[4], 1))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessage("the network gave 3 numbers for a latent of 4");
    }

    private static NoiseSchedule schedule(String settings) throws EngineException {
        try {
            return NoiseSchedule.of(ConfigFile.of("test", new JsonMapper().readTree("{" + settings + "}")));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(settings, e);
        }
    }
}
