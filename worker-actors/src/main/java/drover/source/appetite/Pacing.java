package drover.source.appetite;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * The earliest time of the next pop: about a second after an empty answer, at once after a job, later and later after
 * trouble, with chance in all of it so that many workers do not come at once.
 */
final class Pacing {
    private static final double AFTER_JOB = 0.1;
    private static final double IDLE = 1;
    private static final double LONG_IDLE = 2;
    private static final int LONG = 60;
    private static final double SPREAD = 0.1;
    private static final double TROUBLE_MIN = 5;
    private static final double TROUBLE_MAX = 60;
    private static final double MAINTENANCE_MIN = 30;
    private static final double MAINTENANCE_MAX = 60;
    private static final double TIMED_OUT = 300;
    private static final double NOT_ACCEPTED = 240;
    private static final int MOST_DOUBLINGS = 16;

    private final RandomGenerator random;
    private Instant next = Instant.MIN;
    private int empty;
    private int troubles;

    Pacing(RandomGenerator random) {
        this.random = random;
    }

    /** A pop may be made from then on. */
    Instant next() {
        return next;
    }

    /** The configuration has changed: whatever was refused may be accepted now. */
    void reset() {
        next = Instant.MIN;
        troubles = 0;
    }

    void popped(Instant now, boolean job) {
        troubles = 0;
        empty = job ? 0 : empty + 1;
        next = after(now, job ? AFTER_JOB : around(empty > LONG ? LONG_IDLE : IDLE, SPREAD));
    }

    void failed(Instant now, PopFailure failure) {
        double asked = failure.retryAfter().map(Pacing::seconds).orElse(0.0);
        next = switch (failure.kind()) {
            case TROUBLE -> after(now, Math.max(asked, growing(TROUBLE_MIN)));
            case RATE_LIMITED -> after(now, Math.max(asked, growing(IDLE)));
            case MAINTENANCE -> after(now, MAINTENANCE_MIN + random.nextDouble() * (MAINTENANCE_MAX - MAINTENANCE_MIN));
            case TIMED_OUT_ADDRESS -> after(now, Math.max(asked, around(TIMED_OUT, SPREAD)));
            case NOT_ACCEPTED -> after(now, around(NOT_ACCEPTED, SPREAD));
            case REFUSED -> Instant.MAX;
        };
    }

    private double growing(double first) {
        troubles = Math.min(MOST_DOUBLINGS, troubles + 1);
        return around(Math.min(TROUBLE_MAX, first * Math.pow(2, troubles - 1.0)), 2 * SPREAD);
    }

    private double around(double seconds, double spread) {
        return seconds * (1 - spread + 2 * spread * random.nextDouble());
    }

    private static Instant after(Instant now, double seconds) {
        return now.plusNanos((long) (seconds * 1e9));
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
