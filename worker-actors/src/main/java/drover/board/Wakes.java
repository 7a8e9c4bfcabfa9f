package drover.board;

import drover.inference.JobId;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * When the board has to look at which job. Jobs that end leave their wakes behind, maybe for days ahead: these are passed
 * over, and swept out when they make up half. Not safe for use by several threads.
 */
final class Wakes {
    /** So many are not worth a sweep. */
    static final int FEW = 1_024;

    private final Predicate<JobId> isOpen;
    private final PriorityQueue<Wake> wakes = new PriorityQueue<>(Comparator.comparing(Wake::at));
    private int sweepAt = FEW;

    /**
     * @param isClaimOver whether an attempt that no keeper has claimed until then is lost
     */
    record Wake(Instant at, JobId job, boolean isClaimOver) {}

    /**
     * None.
     *
     * @param isOpen whether a job is still on the board
     */
    Wakes(Predicate<JobId> isOpen) {
        this.isOpen = isOpen;
    }

    void add(Wake wake) {
        wakes.add(wake);
        if (wakes.size() > sweepAt) {
            wakes.removeIf(w -> !isOpen.test(w.job()));
            sweepAt = Math.max(FEW, 2 * wakes.size());
        }
    }

    /** Takes out the first one of an open job if it is due. */
    Optional<Wake> takeDue(Instant now) {
        boolean isDue = !next().isAfter(now) && !wakes.isEmpty();
        return isDue ? Optional.of(wakes.remove()) : Optional.empty();
    }

    /** When the first one of an open job is due; {@link Instant#MAX} if there is none. */
    Instant next() {
        @Nullable Wake first = wakes.peek();
        while (first != null && !isOpen.test(first.job())) {
            wakes.remove();
            first = wakes.peek();
        }
        return first == null ? Instant.MAX : first.at();
    }

    /** How many there are, those of ended jobs included. */
    int size() {
        return wakes.size();
    }
}
