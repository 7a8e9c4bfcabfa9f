package drover.board;

import drover.board.Board.Entry;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The jobs of one model that wait for a slot: most urgent first, then oldest first. */
final class WaitingLine {
    private static final Comparator<Entry> ORDER = Comparator.<Entry, drover.job.Priority>comparing(
                    e -> e.job.priority(), Comparator.reverseOrder())
            .thenComparing(e -> e.job.accepted())
            .thenComparing(e -> e.job.id());

    private final TreeSet<Entry> entries = new TreeSet<>(ORDER);

    void add(Entry entry) {
        entries.add(entry);
    }

    void remove(Entry entry) {
        entries.remove(entry);
    }

    /** The first that passes the test. */
    @Nullable Entry first(Predicate<Entry> test) {
        for (Entry entry : entries) {
            if (test.test(entry)) {
                return entry;
            }
        }
        return null;
    }
}
