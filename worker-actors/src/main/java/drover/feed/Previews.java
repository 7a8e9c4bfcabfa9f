package drover.feed;

import drover.feed.JobFeed.Shown;
import drover.inference.JobId;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/** The newest preview of each job that is being painted, and who watches. Owned by the feed; not thread-safe. */
final class Previews {
    private final Map<JobId, Shown> latest = new HashMap<>();
    private final Map<JobId, Set<ActorRef<Shown>>> viewers = new HashMap<>();

    /** A new one: whoever watches sees it. */
    void show(Shown shown) {
        JobId job = shown.attempt().job();
        latest.put(job, shown);
        viewers.getOrDefault(job, Set.of()).forEach(viewer -> viewer.tell(shown));
    }

    Optional<Shown> latest(JobId job) {
        return Optional.ofNullable(latest.get(job));
    }

    /** Somebody watches; whether that is new. The present preview is told at once. */
    boolean watch(JobId job, ActorRef<Shown> viewer) {
        boolean fresh = viewers.computeIfAbsent(job, _ -> new LinkedHashSet<>()).add(viewer);
        if (fresh) {
            latest(job).ifPresent(viewer::tell);
        }
        return fresh;
    }

    void unwatch(JobId job, ActorRef<Shown> viewer) {
        viewers.computeIfPresent(job, (_, all) -> {
            all.remove(viewer);
            return all.isEmpty() ? null : all;
        });
    }

    /** Nothing is painted any more: there is nothing to see until there is a new one. */
    void clear(JobId job) {
        latest.remove(job);
    }

    /** The job has ended; gives those who watched. */
    Set<ActorRef<Shown>> end(JobId job) {
        latest.remove(job);
        Set<ActorRef<Shown>> watched = viewers.remove(job);
        return watched == null ? Set.of() : watched;
    }
}
