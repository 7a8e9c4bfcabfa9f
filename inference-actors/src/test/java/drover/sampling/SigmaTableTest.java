package drover.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import drover.diffusion.Fixtures;
import drover.inference.Sampler;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SigmaTableTest {
    /** The table of Stable Diffusion, in float64, as the reference's schedules were made. */
    static SigmaTable stableDiffusion() {
        double[] sigmas = new double[1000];
        double alpha = 1;
        for (int i = 0; i < sigmas.length; i++) {
            double root = Math.sqrt(0.00085) + (Math.sqrt(0.012) - Math.sqrt(0.00085)) * i / 999;
            alpha *= 1 - root * root;
            sigmas[i] = Math.sqrt((1 - alpha) / alpha);
        }
        return new SigmaTable(sigmas);
    }

    @Test
    void schedulesAreTheReferences() throws Exception {
        SigmaTable table = stableDiffusion();
        JsonNode json = Fixtures.json(Fixtures.path("samplers/schedules.json"));
        for (Map.Entry<String, JsonNode> entry : json.get("schedules").properties()) {
            int steps = Integer.parseInt(entry.getKey());
            JsonNode golden = entry.getValue();
            same(table.normal(steps), golden.get("normal"));
            same(table.karras(steps), golden.get("karras"));
            for (boolean karras : new boolean[] {false, true}) {
                SamplingPlan plan = SamplingPlan.of(Sampler.EULER, table, steps, karras);
                JsonNode timesteps = golden.get(karras ? "t_karras" : "t_normal");
                for (int i = 0; i < steps; i++) {
                    assertThat((double) plan.timestep(plan.sigmas()[i]))
                            .isCloseTo(timesteps.get(i).doubleValue(), within(1e-4));
                }
                SamplingPlan discard = SamplingPlan.of(Sampler.DPM_2, table, steps, karras);
                same(
                        discard.sigmas(),
                        golden.get(karras ? "karras_discard_penultimate" : "normal_discard_penultimate"));
            }
        }
    }

    private static void same(double[] sigmas, JsonNode golden) {
        assertThat(sigmas).hasSize(golden.size());
        for (int i = 0; i < sigmas.length; i++) {
            double expected = golden.get(i).doubleValue();
            assertThat(sigmas[i]).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
        }
    }

    @Property(tries = 300)
    void timestepAndSigmaAreEachOthersInverse(@ForAll @DoubleRange(min = 0, max = 999) double timestep) {
        SigmaTable table = stableDiffusion();
        assertThat(table.timestep(table.sigma(timestep))).isCloseTo(timestep, within(1e-6));
    }

    @Test
    void levelsBeyondTheEndsCountAsTheEnds() {
        SigmaTable table = new SigmaTable(new double[] {1, 2, 4});
        assertThat(table.timestep(0.5)).isZero();
        assertThat(table.timestep(5)).isEqualTo(2);
        assertThat(new SigmaTable(new double[] {3}).normal(2)).containsExactly(3, 3, 0);
    }

    /** {@code round(1000 - i * 1000 / steps) - 1}. */
    @Test
    void trailingTimestepsAreAtTheEndsOfTheirShares() {
        SigmaTable table = stableDiffusion();
        assertThat(table.trailing(4))
                .containsExactly(table.sigma(999), table.sigma(749), table.sigma(499), table.sigma(249), 0);
        assertThat(table.trailing(3)).containsExactly(table.sigma(999), table.sigma(666), table.sigma(332), 0);
        assertThat(table.trailing(1)).containsExactly(table.sigma(999), 0);
        assertThat(table.trailing(1000)).endsWith(table.sigma(1), table.sigma(0), 0);
    }

    /** Also where more steps are asked for than there are trained levels, as a run of little strength does. */
    @Property(tries = 200)
    void noLevelComesTwice(@ForAll Spacing spacing, @ForAll @IntRange(min = 1, max = 5000) int steps) {
        double[] levels = stableDiffusion().levels(spacing, steps);
        assertThat(levels).hasSize(steps + 1);
        for (int i = 0; i < steps; i++) {
            assertThat(levels[i + 1]).isLessThan(levels[i]);
        }
    }

    @Property(tries = 200)
    void everyPlanFallsToZero(
            @ForAll Sampler sampler, @ForAll boolean karras, @ForAll @IntRange(min = 1, max = 500) int steps) {
        SamplingPlan plan = SamplingPlan.of(sampler, stableDiffusion(), steps, karras);
        double[] sigmas = plan.sigmas();
        assertThat(sigmas).hasSize(steps + 1).endsWith(0.0);
        assertThat(sigmas[0]).isCloseTo(14.6146, within(1e-3));
        for (int i = 0; i < steps; i++) {
            assertThat(sigmas[i + 1]).isLessThan(sigmas[i]);
        }
    }
}
