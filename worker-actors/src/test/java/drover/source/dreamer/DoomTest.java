package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.Job;
import drover.job.JobEvent;
import drover.ledger.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DoomTest {
    private static final Instant T0 = Jobs.NOON;
    private static final Instant LATE = T0.plusSeconds(85);
    private static final Instant DEADLINE = T0.plusSeconds(140);
    private static final AttemptId FIRST = new AttemptId(new JobId("a"), 1);
    private static final Job WAITING = Job.of(Jobs.accepted("a"));
    private static final Job RUNNING = WAITING.apply(new JobEvent.Assigned(FIRST, T0, "gpu0"))
            .apply(new JobEvent.Started(FIRST, T0.plusSeconds(5)));

    private static Optional<String> judge(Job job, Optional<Duration> expected, Optional<Position> position) {
        return Doom.judge(LATE, DEADLINE, Optional.of(job), expected, position);
    }

    private static Optional<Position> step(int step) {
        return Optional.of(new Position(Phase.DENOISING, step, 20));
    }

    @Test
    void whatWasNotEvenTakenOnHasNoHope() {
        assertThat(Doom.judge(LATE, DEADLINE, Optional.empty(), Optional.empty(), Optional.empty()))
                .isPresent();
    }

    @Test
    void whatWaitsHasHopeOnlyIfItIsKnownToFit() {
        assertThat(judge(WAITING, Optional.of(Duration.ofSeconds(50)), Optional.empty()))
                .isEmpty();
        assertThat(judge(WAITING, Optional.of(Duration.ofSeconds(60)), Optional.empty()))
                .contains("no GPU was free in time");
        assertThat(judge(WAITING, Optional.empty(), Optional.empty())).isPresent();
    }

    @Test
    void whatFailedSaysHow() {
        Job failed = RUNNING.apply(new JobEvent.AttemptEnded(
                FIRST, T0.plusSeconds(30), AttemptOutcome.STALLED, "no advance for 15 s at 42 %"));

        assertThat(judge(failed, Optional.empty(), Optional.empty()).orElseThrow())
                .contains("no time for another", "no advance for 15 s at 42 %");
        assertThat(judge(failed, Optional.of(Duration.ofSeconds(10)), Optional.empty()))
                .isEmpty();
    }

    @Test
    void whatRunsIsJudgedByItsPace() {
        // 80 s so far: half of it takes 80 more, three quarters some 27 more, and a tenth for safety.
        assertThat(judge(RUNNING, Optional.empty(), step(10))).isPresent();
        assertThat(judge(RUNNING, Optional.empty(), step(15))).isEmpty();
        assertThat(judge(RUNNING, Optional.empty(), step(20))).isEmpty();
    }

    @Test
    void whatIsNotYetDenoisingIsLeftToTheWatchdog() {
        for (Optional<Position> position :
                List.of(Optional.<Position>empty(), Optional.of(Position.entering(Phase.LOADING, 1)), step(0))) {
            assertThat(judge(RUNNING, Optional.empty(), position)).isEmpty();
        }
    }
}
