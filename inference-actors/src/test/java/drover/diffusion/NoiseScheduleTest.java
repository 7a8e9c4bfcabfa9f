package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.inference.EngineException;
import drover.inference.Sampler;
import java.util.ArrayList;
import java.util.List;
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
                "\"timestep_spacing\":\"random\" | timestep_spacing is random",
                "\"rescale_betas_zero_snr\":true | rescale_betas_zero_snr is true; only false is supported",
                "\"thresholding\":true | thresholding is true",
                "\"num_train_timesteps\":0 | num_train_timesteps is 0",
                "\"num_train_timesteps\":1e3 | expected a whole number",
                "\"beta_end\":2 | a beta of",
                "\"beta_start\":\"x\" | beta_start is \"x\"; expected a number",
                "\"trained_betas\":[] | trained_betas is empty",
                "\"steps_offset\":-1 | steps_offset is -1",
            })
    void refusesByNameWhatItDoesNotKnow(String setting, String reason) {
        assertThatThrownBy(() -> schedule(setting))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"use_beta_sigmas\":true | use_beta_sigmas",
                "\"use_exponential_sigmas\":true | use_exponential_sigmas",
                "\"interpolation_type\":\"log_linear\" | interpolation_type",
                "\"timestep_type\":\"continuous\" | timestep_type",
                "\"final_sigmas_type\":\"half\" | final_sigmas_type",
            })
    void theSamplerRefusesWhatItDoesNotKnow(String setting, String reason) throws EngineException {
        NoiseSchedule schedule = schedule(SD15 + "," + setting);
        assertThatThrownBy(() -> EulerSampler.plan(schedule, 10))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining(reason);
    }

    @Test
    void spacesTimestepsAsTheReferenceDoes() throws EngineException {
        assertThat(new DdimSampler(schedule(SD15), 4).timesteps()).containsExactly(750, 500, 250, 0);
        assertThat(new DdimSampler(schedule(SD15 + ",\"steps_offset\":1"), 4).timesteps())
                .containsExactly(751, 501, 251, 1);
        assertThat(new DdimSampler(schedule(SD15 + ",\"timestep_spacing\":\"trailing\""), 4).timesteps())
                .containsExactly(999, 749, 499, 249);
        assertThat(new DdimSampler(schedule(SD15 + ",\"timestep_spacing\":\"linspace\""), 4).timesteps())
                .containsExactly(999, 666, 333, 0);
        assertThat(EulerSampler.plan(schedule(SD15), 3).timesteps()).containsExactly(999, 499.5f, 0);
    }

    /** The schedule that k-diffusion and ComfyUI use; ends of the trained table. */
    @Test
    void karrasSigmasRunBetweenTheEndsOfTheTable() throws EngineException {
        EulerSampler sampler = EulerSampler.plan(schedule(SD15 + ",\"use_karras_sigmas\":true"), 5);
        float[] timesteps = sampler.timesteps();
        assertThat(timesteps[0]).isEqualTo(999);
        assertThat(timesteps[4]).isEqualTo(0);
        assertThat(sampler.addNoise(new float[1], new float[] {1}, 0)[0]).isCloseTo(14.6146f, within(1e-3f));
        assertThat(sampler.addNoise(new float[1], new float[] {1}, 1)[0]).isCloseTo(4.9169f, within(2e-1f));
        assertThat(sampler.addNoise(new float[1], new float[] {1}, 4)[0]).isCloseTo(0.02917f, within(1e-4f));
    }

    @Test
    void stepsThatTheScheduleDoesNotHaveAreRefused() throws EngineException {
        NoiseSchedule schedule = schedule(SD15 + ",\"steps_offset\":1");
        for (int steps : new int[] {0, 1001}) {
            assertThatThrownBy(() -> new DdimSampler(schedule, steps))
                    .isInstanceOf(EngineException.Unsupported.class)
                    .hasMessageContaining("1 to 1000");
        }
        assertThatThrownBy(() -> new DdimSampler(schedule, 1000)).hasMessageContaining("begin at timestep 1000");
    }

    @Property(tries = 300)
    void timestepsFallAndStayInsideTheTable(
            @ForAll Sampler sampler, @ForAll Spacings spacing, @ForAll @IntRange(min = 1, max = 500) int steps)
            throws EngineException {
        NoiseSchedule schedule = schedule(SD15 + ",\"timestep_spacing\":\"" + spacing + "\"");
        float[] timesteps = DiffusionSampler.of(sampler, schedule, steps).timesteps();
        assertThat(timesteps).hasSize(steps);
        for (int i = 0; i < steps; i++) {
            assertThat(timesteps[i]).isBetween(0f, 999f);
            assertThat(i == 0 || timesteps[i] < timesteps[i - 1]).isTrue();
        }
    }

    /** With the perfect denoiser of a single point, every sampler ends at the point, whatever the prediction type. */
    @Property(tries = 100)
    void everySamplerFindsASinglePoint(
            @ForAll Sampler sampler,
            @ForAll boolean velocity,
            @ForAll @IntRange(min = 2, max = 60) int steps,
            @ForAll @DoubleRange(min = -2, max = 2) double point,
            @ForAll @DoubleRange(min = 0.1, max = 1) double strength)
            throws EngineException {
        NoiseSchedule schedule = schedule(SD15 + (velocity ? ",\"prediction_type\":\"v_prediction\"" : ""));
        DiffusionSampler planned = DiffusionSampler.of(sampler, schedule, steps);
        float[] clean = {(float) point, (float) -point};
        Denoiser perfect = (input, timestep) -> {
            double sigma = sigmaAt(schedule, timestep);
            double signal = 1 / Math.sqrt(sigma * sigma + 1);
            double spread = sigma * signal;
            float[] output = new float[2];
            for (int i = 0; i < 2; i++) {
                double noise = (input[i] - signal * clean[i]) / spread;
                output[i] = (float) (velocity ? signal * noise - spread * clean[i] : noise);
            }
            return output;
        };
        int first = planned.firstStep(strength);
        float[] start = planned.addNoise(clean, new GaussianNoise(steps).next(2), Math.min(first, steps - 1));
        List<Integer> heard = new ArrayList<>();
        float[] end = planned.sample(start, first, perfect, step -> {
            heard.add(step.index());
            assertThat(step.of()).isEqualTo(steps - first);
            assertThat(step.denoised()[0]).isCloseTo(clean[0], within(0.02f));
        });
        assertThat(heard).hasSize(steps - first);
        if (first < steps) {
            // DDIM without set_alpha_to_one=false ends with no noise; so does Euler.
            assertThat(end[0]).isCloseTo(clean[0], within(0.02f));
        }
    }

    @Test
    void aListenerStopsTheRun() throws EngineException {
        DiffusionSampler sampler = new DdimSampler(schedule(SD15), 10);
        int[] calls = new int[1];
        assertThatThrownBy(() -> sampler.sample(
                        new float[4],
                        0,
                        (input, timestep) -> {
                            calls[0]++;
                            return new float[4];
                        },
                        step -> {
                            if (step.index() == 2) {
                                throw new EngineException.Cancelled();
                            }
                        }))
                .isInstanceOf(EngineException.Cancelled.class);
        assertThat(calls[0]).isEqualTo(3);
    }

    @Test
    void clippingIsDoneOnlyWhenAskedFor() throws EngineException {
        Denoiser silent = (input, timestep) -> new float[1];
        float[] loud = {50};
        float plain = new DdimSampler(schedule(SD15), 5).sample(loud, 0, silent, StepListener.NONE)[0];
        float clipped = new DdimSampler(schedule(SD15 + ",\"clip_sample\":true"), 5)
                .sample(loud, 0, silent, StepListener.NONE)[0];
        assertThat(plain).isGreaterThan(50);
        assertThat(clipped).isEqualTo(1);
    }

    /** jqwik draws from an enum's constants. */
    enum Spacings {
        leading,
        linspace,
        trailing
    }

    private static double sigmaAt(NoiseSchedule schedule, float timestep) {
        int below = Math.min((int) timestep, schedule.trainSteps() - 2);
        double low = schedule.sigma(below);
        return low + (schedule.sigma(below + 1) - low) * (timestep - below);
    }

    private static NoiseSchedule schedule(String settings) throws EngineException {
        try {
            return NoiseSchedule.of(ConfigFile.of("test", new JsonMapper().readTree("{" + settings + "}")));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(settings, e);
        }
    }
}
