package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Schedules against the reference's own tables; trajectories are compared by the golden runner. */
class SamplerGoldenTest {
    static Stream<Arguments> pipelines() throws Exception {
        try (Stream<Path> files = Stream.of("sd15", "emoji-diffusion").flatMap(SamplerGoldenTest::cases)) {
            return files.toList().stream().map(Arguments::of);
        }
    }

    private static Stream<Path> cases(String model) {
        try (Stream<Path> folders = Files.list(Fixtures.path(model + "/goldens"))) {
            return folders.filter(f -> f.getFileName().toString().contains("img")).toList().stream();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("pipelines")
    void timestepsSigmasAndInitialNoiseAreTheReferences(Path folder) throws Exception {
        JsonNode golden = Fixtures.json(folder.resolve("case.json"));
        JsonNode scheduler = golden.get("scheduler");
        float[] timesteps = floats(scheduler.get("timesteps"));
        NoiseSchedule schedule = NoiseSchedule.of(ConfigFile.of("golden", scheduler.get("config")));
        DiffusionSampler sampler = scheduler.get("class").textValue().equals("DDIMScheduler")
                ? new DdimSampler(schedule, timesteps.length)
                : EulerSampler.plan(schedule, timesteps.length);
        assertThat(sampler.timesteps()).isEqualTo(timesteps);
        assertThat(sampler.initNoiseSigma())
                .isEqualTo(scheduler.get("init_noise_sigma").floatValue());
        if (golden.has("strength")) {
            int first = sampler.firstStep(golden.get("strength").doubleValue());
            assertThat(Arrays.copyOfRange(timesteps, first, timesteps.length))
                    .isEqualTo(floats(golden.get("executed_timesteps")));
        }
        if (sampler instanceof EulerSampler) {
            float[] sigmas = floats(scheduler.get("sigmas"));
            for (int i = 0; i < timesteps.length; i++) {
                // Noise of one on nothing shows the sigma.
                assertThat(sampler.addNoise(new float[1], new float[] {1}, i)[0])
                        .as("sigma %d", i)
                        .isEqualTo(sigmas[i]);
            }
        }
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
