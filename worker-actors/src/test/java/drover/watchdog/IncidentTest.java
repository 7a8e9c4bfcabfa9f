package drover.watchdog;

import static drover.watchdog.WatchdogFixture.attempt;
import static drover.watchdog.WatchdogFixture.denoising;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class IncidentTest {
    static final Instant AT = Instant.parse("2026-01-01T12:00:00Z");
    static final Stall STALL = new Stall(
            attempt("j1"),
            "emoji",
            denoising(5, 20),
            Duration.ofMillis(15_003),
            Optional.of(Duration.ofMillis(400)),
            37,
            Duration.ofSeconds(15),
            "configured inference_step_timeout=15s",
            "node",
            AT);
    static final Incident STALLED = new Incident(
            "i-7",
            AT,
            "gpu0",
            "GPU-1234",
            new Incident.Cause.Stalled(STALL),
            Rung.REPLACE_PROCESS,
            new Incident.Memory(OptionalLong.of(3L << 30), OptionalLong.empty(), OptionalLong.of(5L << 20)),
            new Incident.Stack.Taken(
                    "runner-0", List.of("at drover.Foo.spin(Foo.java:1)", "at drover.Bar.run(Bar.java:2)")),
            List.of(attempt("j1"), attempt("j2")),
            List.of());

    @Test
    void aStallIsExplainedToAStranger() {
        Incident incident =
                STALLED.with(new Incident.FollowUp(attempt("j1"), attempt("j1").next(), "gpu1"));
        assertThat(incident.explain())
                .isEqualTo(
                        "At 2026-01-01T12:00:00Z attempt 1 of job j1 (model emoji) on node gpu0 (GPU GPU-1234) stood "
                                + "still: in phase DENOISING at step 5 of 20 (25 %), its last advance was 15.003s ago, where 15s "
                                + "are allowed (configured inference_step_timeout=15s). The last heartbeat had come 0.400s "
                                + "before: alive, but not getting anywhere. In between it had reported its position 37 times "
                                + "without ever getting beyond. The node watchdog noticed. The runner did not come back, so the "
                                + "process was replaced. Memory shortly before: 3072 MiB resident, 5 MiB GPU. Thread runner-0 "
                                + "was in at drover.Foo.spin(Foo.java:1). Run since: job j1 again as attempt 2 on node gpu1. "
                                + "1 lost attempt(s) not run again so far.");
    }

    @Test
    void aCrashIsExplainedToAStranger() {
        Incident incident = new Incident(
                "i-8",
                AT,
                "gpu0",
                "cpu",
                new Incident.Cause.Exited(137),
                Rung.REPLACE_PROCESS,
                Incident.Memory.UNKNOWN,
                new Incident.Stack.NotTaken("the process had already ended"),
                List.of(),
                List.of());
        assertThat(incident.explain())
                .isEqualTo(
                        "At 2026-01-01T12:00:00Z the process of node gpu0 (GPU cpu) ended by itself with exit code 137 "
                                + "(signal 9). The process was replaced. The stack could not be taken: the process had already "
                                + "ended.");
    }
}
