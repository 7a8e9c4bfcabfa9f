package drover.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Its figures are for a quiet machine; that it measures, and delivers every job, shows in a second too. */
@Tag("processes")
class ThroughputBenchTest {
    @Test
    void everyJobIsDeliveredAndCounted() throws BenchException {
        var bytes = new ByteArrayOutputStream();
        ThroughputBench.run(
                new ThroughputBench.Scale(2, 2, 2, 20, Duration.ofMillis(100), Duration.ofSeconds(1), 3),
                new PrintStream(bytes, true, StandardCharsets.UTF_8));

        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .containsPattern("at full speed for \\d+ s: [1-9][0-9,]* jobs/s")
                .containsPattern("control process and callers +[1-9]")
                .containsPattern("at full speed: p50 \\d+\\.\\d ms")
                .contains("control process, heap", "node processes, RSS")
                .containsPattern("[1-9][0-9,]* jobs in all, every one delivered by its first process");
    }
}
