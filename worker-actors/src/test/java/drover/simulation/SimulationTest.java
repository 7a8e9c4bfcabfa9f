package drover.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of Drover, played against dense faults. */
class SimulationTest {
    private static final int JOBS = 200;

    /** Seeds that once showed a defect: a number in each line, and after it how many jobs and what it was. */
    static Stream<String> seedsThatFailedOnce() throws IOException {
        try (InputStream in = Objects.requireNonNull(SimulationTest.class.getResourceAsStream("seeds.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource
    void seedsThatFailedOnce(String line) {
        String[] words = line.split(" ", 3);
        Plan plan = Plan.of(Long.parseLong(words[0]), Integer.parseInt(words[1]));
        assertThat(Simulation.run(plan, Cast.real()).violation()).isEmpty();
        assertThat(Simulation.run(plan.alone(), Cast.real()).violation()).isEmpty();
    }

    @Test
    void noRuleIsBrokenInTwoThousandRuns() throws InterruptedException {
        Search search = new Search(JOBS, Math.min(2, Runtime.getRuntime().availableProcessors()));
        Search.Result result = search.search(1, 2_000, Duration.ofMinutes(30));
        assertThat(result.failure())
                .as("./drover simulate --trace --seed … replays it")
                .isEmpty();
        assertThat(result.runs()).isEqualTo(2_000);
    }

    @Test
    void oneSeedIsOneRun() {
        for (long seed = 0; seed < 5; seed++) {
            List<String> once = trace(Plan.of(seed, 60));
            assertThat(trace(Plan.of(seed, 60))).isEqualTo(once).hasSizeGreaterThan(100);
        }
    }

    @Test
    void anOrderIsTheSameWithoutTheOthers() {
        Plan all = Plan.of(7, 50);
        Plan fewer = Plan.of(7, 50).with(all.orders().subList(10, 20));
        assertThat(fewer.orders()).isEqualTo(Plan.of(7, 50).orders().subList(10, 20));
        assertThat(Simulation.run(fewer, Cast.real()).violation()).isEmpty();
    }

    private static List<String> trace(Plan plan) {
        List<String> lines = new ArrayList<>();
        Simulation.run(plan, Cast.real(), lines::add);
        return lines;
    }
}
