package drover.job;

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
 */
public record Attempt(
        int number,
        String node,
        Instant assigned,
        Optional<Instant> started,
        Optional<Instant> ended,
        Optional<AttemptOutcome> outcome,
        Optional<String> reason) {

    static Attempt assigned(int number, String node, Instant at) {
        return new Attempt(number, node, at, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    Attempt withStart(Instant at) {
        return new Attempt(number, node, assigned, Optional.of(at), ended, outcome, reason);
    }

    Attempt withSuccess(Instant at) {
        return new Attempt(number, node, assigned, started, Optional.of(at), outcome, reason);
    }

    Attempt withFailure(Instant at, AttemptOutcome how, String why) {
        return new Attempt(number, node, assigned, started, Optional.of(at), Optional.of(how), Optional.of(why));
    }
}
