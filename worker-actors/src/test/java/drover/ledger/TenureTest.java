package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import drover.watchdog.Incident;
import drover.watchdog.Rung;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Hosts that take turns at one database. */
@ExtendWith(Postgres.Shared.class)
class TenureTest {
    private static final LedgerSettings.Waits SHORT =
            new LedgerSettings.Waits(Duration.ofMillis(300), Duration.ofMillis(10), Duration.ofMillis(10));

    @Test
    void aHostThatTheOthersHaveGivenUpIsMadeToLetGoAndWritesNoMore(Postgres postgres) throws Exception {
        LedgerSettings settings = postgres.fresh();
        try (LedgerDatabase first = LedgerDatabase.open(settings, new Tenure("a:1", Optional.empty()))) {
            first.keep(List.of(incident("1")));
            assertThatThrownBy(
                            () -> LedgerDatabase.open(settings.withWaits(SHORT), new Tenure("b:1", Optional.empty())))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("already in use");
            assertThatThrownBy(
                            () -> LedgerDatabase.open(settings.withWaits(SHORT), new Tenure("b:1", Optional.of("c:1"))))
                    .isInstanceOf(LedgerException.class);

            try (LedgerDatabase second = LedgerDatabase.open(settings, new Tenure("b:1", Optional.of("a:1")))) {
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(() -> first.keep(List.of(incident("2"))))
                            .isInstanceOf(WriteFailedException.class);
                }
                second.keep(List.of(incident("3")));
                assertThat(second.incidents(10)).extracting(Incident::id).containsExactlyInAnyOrder("1", "3");
            }

            WriteFailedException late =
                    catchThrowableOfType(WriteFailedException.class, () -> first.keep(List.of(incident("4"))));
            assertThat(late.reason()).isInstanceOf(TakenOverException.class);
        }
    }

    private static Incident incident(String id) {
        return new Incident(
                id,
                Instant.EPOCH,
                "gpu0",
                "0",
                new Incident.Cause.Exited(137),
                Rung.REPLACE_PROCESS,
                Incident.Memory.UNKNOWN,
                new Incident.Stack.NotTaken("it was gone"),
                List.of(),
                List.of());
    }
}
