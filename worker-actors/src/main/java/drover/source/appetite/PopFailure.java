package drover.source.appetite;

import java.time.Duration;
import java.util.Optional;

/**
 * Why a pop was not answered with a job or with "none".
 *
 * @param kind what to do about it
 * @param retryAfter what the server asked for; may be zero
 */
public record PopFailure(Kind kind, Optional<Duration> retryAfter) {
    /** What to do about it. */
    public enum Kind {
        /** The server or the network is in trouble: come back, less and less often. */
        TROUBLE,
        /** Too many requests. */
        RATE_LIMITED,
        /** The worker is in maintenance; the owner's own jobs still come. */
        MAINTENANCE,
        /** The address is to wait for minutes. */
        TIMED_OUT_ADDRESS,
        /** Something in the configuration is not accepted; another answer is unlikely before it changes. */
        NOT_ACCEPTED,
        /** Key, name or account are refused: nothing will help but the operator. */
        REFUSED
    }
}
