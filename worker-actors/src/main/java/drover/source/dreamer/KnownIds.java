package drover.source.dreamer;

import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The ids that the Horde has given out to a dreamer: all that are in hand, and as many of those that were answered as it
 * takes to notice a repetition. Not for use by several threads.
 */
final class KnownIds {
    private static final int MOST_ANSWERED = 2_000;

    private final Set<String> inHand = new HashSet<>();
    private final LinkedHashSet<String> answered = new LinkedHashSet<>();

    void taken(Collection<String> ids) {
        inHand.addAll(ids);
    }

    void answered(Collection<String> ids) {
        inHand.removeAll(ids);
        answered.addAll(ids);
        for (Iterator<String> oldest = answered.iterator(); answered.size() > MOST_ANSWERED && oldest.hasNext(); ) {
            oldest.next();
            oldest.remove();
        }
    }

    /** Whether its answer is still to come. */
    boolean isInHand(String id) {
        return inHand.contains(id);
    }

    /** Whether it is in hand, or was. */
    boolean came(String id) {
        return inHand.contains(id) || answered.contains(id);
    }
}
