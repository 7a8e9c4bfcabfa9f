package drover.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The line says what is worth saying. */
final class StatsLineTest {
    @Test
    void atWork() {
        StatsLine line = new StatsLine(
                "My Worker", 120, 117, 2, 3, 4821.6, 5120.2, 12_345.6, 23, Duration.ofSeconds(59), Optional.empty());

        assertThat(line.text())
                .isEqualTo("My Worker: popped 120, submitted 117 (3 censored), faulted 2, 4,822 kudos/h"
                        + " (5,120 while at work), 12,346 kudos so far, pending 23 MPS");
    }

    @Test
    void idleAndInMaintenance() {
        StatsLine line = new StatsLine(
                "My Worker", 1, 1, 0, 0, 10, 10.2, 10, 0, Duration.ofMinutes(12), Optional.of("back in an hour\n"));

        assertThat(line.text())
                .isEqualTo("My Worker: popped 1, submitted 1, faulted 0, 10 kudos/h, 10 kudos so far, pending 0 MPS,"
                        + " 12 min without jobs, IN MAINTENANCE: back in an hour");
    }
}
