package drover.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.diffusion.ConfigFile;
import drover.diffusion.Fixtures;
import drover.inference.EngineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Levels against the reference's own tables; trajectories are compared by the golden runner. */
class ReferenceSchedulerTest {
    private static final String SD15 = "\"beta_start\":0.00085,\"beta_end\":0.012,\"beta_schedule\":\"scaled_linear\"";

    static List<Path> pipelines() {
        return Stream.of("sd15", "emoji-diffusion")
                .flatMap(model -> children(Fixtures.path(model + "/goldens")))
                .filter(f -> f.getFileName().toString().contains("img"))
                .toList();
    }

    private static Stream<Path> children(Path folder) {
        try (Stream<Path> folders = Files.list(folder)) {
            return folders.toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("pipelines")
    void timestepsSigmasAndInitialNoiseAreTheReferences(Path folder) throws Exception {
        JsonNode golden = Fixtures.json(folder.resolve("case.json"));
        JsonNode scheduler = golden.get("scheduler");
        double[] timesteps = doubles(scheduler.get("timesteps"));
        ReferenceScheduler reference = ReferenceScheduler.of(
                scheduler.get("class").textValue(), ConfigFile.of("golden", scheduler.get("config")), timesteps.length);
        assertThat(reference.timesteps()).containsExactly(timesteps, within(1e-4));
        assertThat(reference.initNoiseSigma())
                .isCloseTo(scheduler.get("init_noise_sigma").doubleValue(), within(1e-5));
        if (golden.has("strength")) {
            int first = reference.plan().firstStep(golden.get("strength").doubleValue());
            assertThat(Arrays.copyOfRange(timesteps, first, timesteps.length))
                    .isEqualTo(doubles(golden.get("executed_timesteps")));
        }
        if (scheduler.path("sigmas").isArray()) {
            assertThat(reference.plan().sigmas()).containsExactly(doubles(scheduler.get("sigmas")), within(1e-5));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "EulerDiscreteScheduler | \"use_beta_sigmas\":true | use_beta_sigmas",
                "EulerDiscreteScheduler | \"use_exponential_sigmas\":true | use_exponential_sigmas",
                "EulerDiscreteScheduler | \"interpolation_type\":\"log_linear\" | interpolation_type",
                "EulerDiscreteScheduler | \"timestep_type\":\"continuous\" | timestep_type",
                "EulerDiscreteScheduler | \"final_sigmas_type\":\"half\" | final_sigmas_type",
                "EulerDiscreteScheduler | \"timestep_spacing\":\"trailing\" | timestep_spacing",
                "DDIMScheduler | \"timestep_spacing\":\"trailing\" | timestep_spacing",
                "DDIMScheduler | \"steps_offset\":-1 | steps_offset -1",
                "DPMSolverMultistepScheduler | \"solver_order\":3 | solver_order",
                "DPMSolverMultistepScheduler | \"algorithm_type\":\"sde-dpmsolver\" | algorithm_type",
                "UniPCMultistepScheduler | \"solver_type\":\"bh3\" | solver_type",
                "UniPCMultistepScheduler | \"disable_corrector\":[1] | disable_corrector",
                "LCMScheduler | \"original_inference_steps\":5 | original_inference_steps",
                "PNDMScheduler | \"skip_prk_steps\":true | these are supported",
            })
    void refusesWhatItDoesNotKnow(String scheduler, String setting, String reason) {
        assertThatThrownBy(() -> scheduler(scheduler, "," + setting, 10))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining(reason);
    }

    @Test
    void stepsThatTheScheduleDoesNotHaveAreRefused() {
        for (int steps : new int[] {0, 1001}) {
            assertThatThrownBy(() -> scheduler("DDIMScheduler", "", steps)).hasMessageContaining("1 to 1000");
        }
        assertThatThrownBy(() -> scheduler("DDIMScheduler", ",\"steps_offset\":1", 1000))
                .hasMessageContaining("begin at timestep 1000");
    }

    private static ReferenceScheduler scheduler(String name, String more, int steps) throws EngineException {
        try {
            return ReferenceScheduler.of(
                    name, ConfigFile.of("test", new JsonMapper().readTree("{" + SD15 + more + "}")), steps);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(more, e);
        }
    }

    private static double[] doubles(JsonNode array) {
        double[] numbers = new double[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.get(i).doubleValue();
        }
        return numbers;
    }
}
