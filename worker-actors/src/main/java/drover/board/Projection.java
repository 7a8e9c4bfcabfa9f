package drover.board;

import drover.inference.Phase;
import drover.inference.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When a running attempt will be done at its present pace. Too slow is not stalled: such an attempt advances, only not
 * fast enough for its deadline.
 *
 * <p>The pace is that of the steps since the first one, which may have warmed something up; what comes after the last step
 * is left out, and of the remaining time only {@link Pace#OPTIMISM} is counted. Only when {@value #TIMES} advances in a
 * row say so is an attempt called too slow, so that one long step among short ones is forgiven. Deterministic.
 */
final class Projection {
    private static final int STEPS = 5;
    private static final int TIMES = 3;

    private @Nullable Instant from;
    private int fromStep;
    private int steps;
    private int of = 1;
    private int late;
    private Duration elapsed = Duration.ZERO;

    /** Takes in an advance; gives the projected end if that has come out beyond the deadline often enough. */
    Optional<Instant> advanced(Position position, Instant now, Instant deadline) {
        if ((position.phase() != Phase.DENOISING && position.phase() != Phase.GENERATING) || position.step() == 0) {
            return Optional.empty();
        }
        if (from == null) {
            from = now;
            fromStep = position.step();
            return Optional.empty();
        }
        steps = position.step() - fromStep;
        of = position.of();
        elapsed = Duration.between(from, now);
        int left = position.of() - position.step();
        if (steps < STEPS || left == 0 || !elapsed.isPositive()) {
            return Optional.empty();
        }
        double seconds = Pace.seconds(elapsed) / steps * left * Pace.OPTIMISM;
        Instant end = now.plus(Pace.duration(seconds));
        late = end.isAfter(deadline) ? late + 1 : 0;
        return late >= TIMES ? Optional.of(end) : Optional.empty();
    }

    /** How much of the whole work was done within {@link #elapsed}, 0 to 1. */
    double done() {
        return (double) steps / of;
    }

    /** How long the steps that are counted took together. */
    Duration elapsed() {
        return elapsed;
    }

    /** Mean time of a step. */
    Duration stepTime() {
        return steps == 0 ? Duration.ZERO : elapsed.dividedBy(steps);
    }
}
