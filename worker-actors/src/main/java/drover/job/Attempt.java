package drover.job;

import drover.inference.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One try at a job, as the ledger knows it.
 *
 * @param number from 1
 * @param node the node that got it, such as {@code gpu0}
 * @param assigned when it was given out
 * @param started when it made its first progress
 * @param ended when it ended
 * @param outcome how it ended, if not well
 * @param reason why, in a sentence for a person
 * @param position the highest position it is known to have reached
 * @param timings how long it spent in each phase, as far as its node could say
 */
public record Attempt(
        int number,
        String node,
        Instant assigned,
        Optional<Instant> started,
        Optional<Instant> ended,
        Optional<AttemptOutcome> outcome,
        Optional<String> reason,
        Optional<Position> position,
        AttemptTimings timings) {

    public Attempt {
        timings = AttemptTimings.orNone(timings);
    }

    static Attempt assigned(int number, String node, Instant at) {
        return new Attempt(
                number,
                node,
                at,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                AttemptTimings.NONE);
    }

    Attempt withStart(Instant at) {
        return new Attempt(number, node, assigned, Optional.of(at), ended, outcome, reason, position, timings);
    }

    Attempt withSuccess(JobEvent.Produced e) {
        return new Attempt(
                number, node, assigned, started, Optional.of(e.at()), outcome, reason, position, e.timings());
    }

    Attempt withFailure(JobEvent.AttemptEnded e) {
        return new Attempt(
                number,
                node,
                assigned,
                started,
                Optional.of(e.at()),
                Optional.of(e.outcome()),
                Optional.of(e.reason()),
                e.position(),
                e.timings());
    }

    /** From its assignment to its first progress, if it made any: the way to the node and into its engine. */
    public Optional<Duration> untilStart() {
        return started.map(at -> Duration.between(assigned, at));
    }
}
