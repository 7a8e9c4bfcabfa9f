package drover.source;

import drover.horde.WorkerMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Horde's messages to a worker's operator. They come with every pop until they expire; each is new once. A plain list
 * for one owner: it is told the time and is not safe for several threads.
 */
public final class WorkerMessages {
    /** What the server takes if nobody says otherwise. */
    private static final Duration USUAL = Duration.ofHours(12);

    /** Nobody reads more, and a server that goes mad must not fill the memory. */
    private static final int MOST = 100;

    private final Map<String, Kept> kept = new LinkedHashMap<>();

    private record Kept(WorkerMessage message, Instant until) {}

    /** Takes what came with a pop, and gives those that had not come before. */
    public List<WorkerMessage> come(List<WorkerMessage> messages, Instant now) {
        expire(now);
        List<WorkerMessage> fresh = new ArrayList<>();
        for (WorkerMessage message : messages) {
            Instant until = message.expires().orElseGet(() -> now.plus(USUAL));
            if (kept.size() < MOST
                    && until.isAfter(now)
                    && kept.putIfAbsent(message.id(), new Kept(message, until)) == null) {
                fresh.add(message);
            }
        }
        return List.copyOf(fresh);
    }

    /** Those that have not expired, the oldest first. */
    public List<WorkerMessage> current(Instant now) {
        expire(now);
        return kept.values().stream().map(Kept::message).toList();
    }

    private void expire(Instant now) {
        kept.values().removeIf(message -> !message.until().isAfter(now));
    }
}
