package drover.job;

/**
 * How an attempt ended without a result, in the words of whoever saw it.
 *
 * @param outcome the kind of end
 * @param code a stable name of the failure, such as {@code drover:engine.out-of-memory} or {@code
 *     drover:attempt.stalled}
 * @param reason in a sentence for a person
 * @param retryable whether another attempt may succeed
 * @param timings what its node measured; {@link AttemptTimings#NONE} if the node could not say
 */
public record AttemptEnd(
        AttemptOutcome outcome, String code, String reason, boolean retryable, AttemptTimings timings) {
    /** One of which nothing was measured; another attempt may succeed. */
    public static AttemptEnd unmeasured(AttemptOutcome outcome, String code, String reason) {
        return new AttemptEnd(outcome, code, reason, true, AttemptTimings.NONE);
    }

    /** The attempt was given back unfinished. */
    public static AttemptEnd handedBack(String code, String reason, AttemptTimings timings) {
        return new AttemptEnd(AttemptOutcome.HANDED_BACK, code, reason, true, timings);
    }
}
