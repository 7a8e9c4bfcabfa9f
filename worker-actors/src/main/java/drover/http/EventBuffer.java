package drover.http;

import drover.feed.JobFeed.News;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * What a slow reader has not read yet. The oldest progress is dropped when there is too much of it; changes of state are
 * kept, of which a job has only so many.
 */
final class EventBuffer {
    private final int capacity;
    private final Deque<News> waiting = new ArrayDeque<>();
    private int progress;

    private EventBuffer(int capacity) {
        this.capacity = capacity;
    }

    static EventBuffer of(News first, int capacity) {
        return new EventBuffer(capacity).add(first);
    }

    EventBuffer add(News news) {
        waiting.add(news);
        if (news instanceof News.Progress) {
            progress++;
            if (progress > capacity) {
                dropOldestProgress();
            }
        }
        return this;
    }

    private void dropOldestProgress() {
        var all = waiting.iterator();
        while (all.hasNext()) {
            if (all.next() instanceof News.Progress) {
                all.remove();
                progress--;
                return;
            }
        }
    }

    List<News> content() {
        return List.copyOf(waiting);
    }
}
