package drover.report;

import drover.job.Attempt;
import drover.job.Job;
import java.time.Instant;
import java.util.Optional;

/**
 * How and when an attempt ended.
 *
 * @param end when
 * @param kind how
 */
record Ending(Instant end, Kind kind) {
    /** The ways. */
    enum Kind {
        SUCCEEDED,
        STALLED,
        CRASHED,
        ERROR,
        RESULT_LOST,
        TOO_SLOW,
        NODE_LOST,
        HANDED_BACK,
        ABANDONED;

        /** Whether it speaks against somebody. */
        boolean isFailure() {
            return switch (this) {
                case STALLED, CRASHED, ERROR, RESULT_LOST, TOO_SLOW -> true;
                case SUCCEEDED, NODE_LOST, HANDED_BACK, ABANDONED -> false;
            };
        }

        /** Whether it counts when shares are taken. */
        boolean isJudged() {
            return this == SUCCEEDED || isFailure();
        }
    }

    /** Empty as long as it runs. */
    static Optional<Ending> of(Job job, Attempt attempt) {
        if (attempt.ended().isEmpty()) {
            return job.state().isTerminal() ? Optional.of(new Ending(job.changed(), Kind.ABANDONED)) : Optional.empty();
        }
        Kind kind = attempt.outcome()
                .map(outcome -> switch (outcome) {
                    case STALLED -> Kind.STALLED;
                    case CRASHED -> Kind.CRASHED;
                    case FAILED -> Kind.ERROR;
                    case RESULT_LOST -> Kind.RESULT_LOST;
                    case TOO_SLOW -> Kind.TOO_SLOW;
                    case NODE_LOST -> Kind.NODE_LOST;
                    case HANDED_BACK -> Kind.HANDED_BACK;
                })
                .orElse(Kind.SUCCEEDED);
        return Optional.of(new Ending(attempt.ended().get(), kind));
    }
}
