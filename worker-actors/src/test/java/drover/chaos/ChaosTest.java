package drover.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two minutes of it. */
@Tag("processes")
class ChaosTest {
    private static final long SEED = 20_261_121;

    @Test
    void theBooksAreInOrderAfterTwoMinutes() throws Exception {
        Optional<String> obstacle = PostgresServer.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle::orElseThrow);
        // Not a temporary folder: if the books are not in order, the logs of all hosts are wanted.
        Path folder = Files.createDirectories(Path.of("target", "chaos").toAbsolutePath());
        ChaosSettings settings = new ChaosSettings(
                SEED, Duration.ofMinutes(2), 2, 2, 6, Optional.empty(), "", Optional.empty(), false, folder);

        Report report = Chaos.run(settings, System.out, () -> false);

        report.print(System.out);
        assertThat(report.findings()).isEmpty();
        assertThat(report.jobs()).isPositive();
        assertThat(report.events()).containsKey("delivered");
        assertThat(report.done()).hasSizeGreaterThan(10);
        assertThat(Premises.processesOf(folder)).isEmpty();
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.filter(path -> path.toString()
                            .contains("-" + ProcessHandle.current().pid() + "-")))
                    .isEmpty();
        }
    }
}
