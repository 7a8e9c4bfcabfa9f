package drover.source.server;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that a test moves. Safe for many threads. */
public final class HordeClock implements InstantSource {
    private Instant now;

    /** One that stands at this. */
    public HordeClock(Instant start) {
        this.now = start;
    }

    /** Lets time pass. */
    public synchronized void advance(Duration by) {
        now = now.plus(by);
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }
}
