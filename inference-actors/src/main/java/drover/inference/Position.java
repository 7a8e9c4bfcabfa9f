package drover.inference;

import java.util.Comparator;

/**
 * Where an attempt is. Positions are ordered by phase and then by step; only a strictly greater position is progress.
 * {@code of} takes no part in the order, so that a changed estimate is not mistaken for an advance.
 *
 * @param phase the phase
 * @param step steps finished in this phase, 0 to {@code of}
 * @param of how many steps the phase has, at least 1
 */
public record Position(Phase phase, int step, int of) implements Comparable<Position> {
    private static final Comparator<Position> ORDER =
            Comparator.comparing(Position::phase).thenComparingInt(Position::step);

    public Position {
        if (step < 0 || of < 1 || step > of) {
            throw new IllegalArgumentException("step " + step + " of " + of + " is not within 0 to " + of);
        }
    }

    /** The entry into a phase: step 0 of {@code of}. */
    public static Position entering(Phase phase, int of) {
        return new Position(phase, 0, of);
    }

    /** How much of the phase is done, 0 to 100, rounded down. */
    public int percent() {
        return (int) (100L * step / of);
    }

    /** Whether this position is strictly beyond the other one. */
    public boolean isBeyond(Position other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Position other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return phase + " " + step + "/" + of;
    }
}
