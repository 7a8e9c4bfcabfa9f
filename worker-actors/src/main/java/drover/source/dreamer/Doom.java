package drover.source.dreamer;

import drover.inference.Phase;
import drover.inference.Position;
import drover.job.Attempt;
import drover.job.Job;
import drover.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a job that has used much of its time can still be answered with a picture. One that cannot is better faulted
 * now: the requester then waits for another worker, and not for the end of the time and the server's sweep.
 */
final class Doom {
    /** From this share of its time on a job is looked at; one without hope is faulted before 60 % are gone. */
    static final double LOOKED_AT = 0.55;

    private static final double MARGIN = 1.1;

    private Doom() {}

    /**
     * Looks for hope.
     *
     * @param deadline when the picture has to be there
     * @param job as it stands; empty if it was not even taken on
     * @param expected how long such a job takes from its start, if that is known
     * @param position the highest of the running attempt
     * @return why there is no hope
     */
    static Optional<String> judge(
            Instant now,
            Instant deadline,
            Optional<Job> job,
            Optional<Duration> expected,
            Optional<Position> position) {
        if (job.isEmpty()) {
            return Optional.of("the job could not be taken on in time");
        }
        return switch (job.get().state()) {
            case QUEUED, ASSIGNED -> {
                boolean fits = expected.isPresent() && !now.plus(expected.get()).isAfter(deadline);
                yield fits ? Optional.empty() : Optional.of(whyWaiting(job.get()));
            }
            case RUNNING -> running(now, deadline, job.get(), position);
            default -> Optional.empty();
        };
    }

    private static String whyWaiting(Job job) {
        String last = job.attempts().stream()
                .reduce((_, later) -> later)
                .flatMap(Attempt::reason)
                .map(reason -> ": " + reason)
                .orElse("");
        return job.state() == JobState.QUEUED && job.attempts().isEmpty()
                ? "no GPU was free in time"
                : "attempt " + job.attempts().size() + " is over and there is no time for another" + last;
    }

    private static Optional<String> running(Instant now, Instant deadline, Job job, Optional<Position> position) {
        Optional<Instant> started = job.attempts().getLast().started();
        if (started.isEmpty() || position.isEmpty() || position.get().phase() != Phase.DENOISING) {
            return Optional.empty();
        }
        double done =
                (double) position.get().step() / Math.max(1, position.get().of());
        if (done <= 0 || done >= 1) {
            return Optional.empty();
        }
        double soFar = Duration.between(started.get(), now).toMillis();
        Instant end = started.get().plusMillis((long) (soFar / done * MARGIN));
        return end.isAfter(deadline)
                ? Optional.of(
                        "it would have taken " + Duration.between(deadline, end).toSeconds() + " s too long")
                : Optional.empty();
    }
}
