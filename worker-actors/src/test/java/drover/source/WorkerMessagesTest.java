package drover.source;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.WorkerMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A message is new once, and there until it expires. */
final class WorkerMessagesTest {
    private static final Instant NOW = Instant.parse("2026-11-21T06:45:00Z");

    private final WorkerMessages messages = new WorkerMessages();

    private static WorkerMessage message(String id, Optional<String> expiry) {
        return new WorkerMessage(
                id,
                "text of " + id,
                Optional.of("somebody"),
                expiry,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void eachIsNewOnce() {
        WorkerMessage first = message("1", Optional.of("Sat, 21 Nov 2026 18:45:00 -0000"));
        WorkerMessage second = message("2", Optional.of("Sat, 21 Nov 2026 06:50:00 -0000"));

        assertThat(messages.come(List.of(first), NOW)).containsExactly(first);
        assertThat(messages.come(List.of(first, second), NOW.plusSeconds(1))).containsExactly(second);
        assertThat(messages.come(List.of(first, second), NOW.plusSeconds(2))).isEmpty();
        assertThat(messages.current(NOW.plusSeconds(2))).containsExactly(first, second);
        assertThat(messages.current(NOW.plus(Duration.ofMinutes(5)))).containsExactly(first);
        assertThat(messages.current(NOW.plus(Duration.ofHours(12)))).isEmpty();
    }

    @Test
    void whatHasExpiredIsNotNew() {
        assertThat(messages.come(List.of(message("1", Optional.of("Sat, 21 Nov 2026 06:45:00 -0000"))), NOW))
                .isEmpty();
    }

    @Test
    void withoutAnEndItEndsAfterTwelveHours() {
        assertThat(messages.come(List.of(message("1", Optional.empty()), message("2", Optional.of("soon"))), NOW))
                .hasSize(2);
        assertThat(messages.current(NOW.plus(Duration.ofHours(12)).minusSeconds(1)))
                .hasSize(2);
        assertThat(messages.current(NOW.plus(Duration.ofHours(12)))).isEmpty();
    }

    @Test
    void thereAreNeverTooMany() {
        List<WorkerMessage> flood = IntStream.range(0, 1000)
                .mapToObj(i -> message("m" + i, Optional.empty()))
                .toList();
        messages.come(flood, NOW);
        assertThat(messages.current(NOW)).hasSize(100);
    }
}
