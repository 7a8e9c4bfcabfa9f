package drover.source.appetite;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keeps a worker out of forced maintenance. The server counts each id that ends badly, faults that the worker itself
 * reports too, and acts at the 21st within its hour, which begins with the first one after the last hour. Any such hour is
 * within the last hour and a bit, so what is counted here is never less than what the server counts.
 *
 * <p>Ids in hand count as if they were going to fail: as many are taken as would still be tolerated. Only a worker that has
 * not failed for as long and has done well lately may hold more.
 */
final class FailureBudget {
    /** From here on only one at a time, and not too often. */
    static final int SLOW = 10;

    /** An hour, and what the server's sweep may come later. */
    static final Duration WINDOW = Duration.ofMinutes(63);

    /** So many good ones in a row without a failure in the window, and ids in hand need no longer be few. */
    static final int PROVEN = 20;

    private final Deque<Failure> failures = new ArrayDeque<>();
    private int count;
    private int goodInARow;

    private record Failure(Instant at, int ids) {}

    /** So many ids of a job ended well. */
    void good(int ids) {
        goodInARow = Math.min(PROVEN, goodInARow + ids);
    }

    /** So many ids were faulted, or were too late. */
    void failed(Instant now, int ids) {
        failures.addLast(new Failure(now, ids));
        count += ids;
        goodInARow = 0;
    }

    /** Ids that have failed within the window. */
    int count(Instant now) {
        while (!failures.isEmpty() && !failures.getFirst().at().plus(WINDOW).isAfter(now)) {
            count -= failures.removeFirst().ids();
        }
        return count;
    }

    /** How many more ids may be taken, with so many in hand. */
    int room(Instant now, int inHand) {
        int failed = count(now);
        if (failed == 0 && goodInARow >= PROVEN) {
            return Integer.MAX_VALUE;
        }
        int room = Math.max(0, ServerRules.TOLERATED_FAILURES - failed - inHand);
        return failed < SLOW ? room : inHand == 0 ? Math.min(1, room) : 0;
    }

    /** Whether so much has failed that it is time to be careful. */
    boolean slow(Instant now) {
        return count(now) >= SLOW;
    }

    /** When the oldest failure no longer counts. */
    Instant relief(Instant now) {
        return failures.isEmpty() ? now : failures.getFirst().at().plus(WINDOW);
    }
}
