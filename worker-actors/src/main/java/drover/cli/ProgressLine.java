package drover.cli;

import drover.inference.Phase;
import drover.inference.Position;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a run's progress, as one line: phase, bar, step, steps per second, time left in the phase. Safe to be
 * written by one thread and read by others.
 */
final class ProgressLine {
    private static final int BAR = 24;

    /**
     * @param first the first position of this phase
     * @param firstNanos when it came
     * @param last the newest position
     * @param lastNanos when it came
     */
    private record Seen(Position first, long firstNanos, Position last, long lastNanos) {}

    private volatile @Nullable Seen seen;

    /** A position has come. */
    void moved(Position position, long nanos) {
        Seen before = seen;
        seen = before != null && before.last().phase() == position.phase()
                ? new Seen(before.first(), before.firstNanos(), position, nanos)
                : new Seen(position, nanos, position, nanos);
    }

    /** The line at this moment; empty before the first position. */
    String render(long nanos) {
        Seen now = seen;
        if (now == null) {
            return "";
        }
        Position at = now.last();
        int full = (int) ((long) BAR * at.step() / at.of());
        StringBuilder line = new StringBuilder("%-11s".formatted(name(at.phase())))
                .append(" [")
                .repeat('#', full)
                .repeat('.', BAR - full)
                .append("] ")
                .append(at.step())
                .append('/')
                .append(at.of());
        int steps = at.step() - now.first().step();
        double seconds = (now.lastNanos() - now.firstNanos()) / 1e9;
        if (steps > 0 && seconds > 0) {
            double left = (at.of() - at.step()) * seconds / steps - (nanos - now.lastNanos()) / 1e9;
            line.append("  ")
                    .append("%.1f it/s".formatted(steps / seconds))
                    .append("  ")
                    .append("%.0f s left".formatted(Math.max(0, left)));
        }
        return line.toString();
    }

    /** A phase as people read it: {@code denoising}, {@code post processing}. */
    static String name(Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
