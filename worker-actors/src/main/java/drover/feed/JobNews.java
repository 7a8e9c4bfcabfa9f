package drover.feed;

import drover.feed.JobFeed.News;
import drover.inference.AttemptId;
import drover.inference.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The last stretch of what happened to one job. */
final class JobNews {
    private final int limit;
    private final Deque<Numbered> remembered = new ArrayDeque<>();
    private @Nullable Numbered state;
    private @Nullable Numbered progress;
    private long forgottenUpTo;

    private record Numbered(long number, News news) {}

    JobNews(int limit) {
        this.limit = limit;
    }

    void add(long number, News news) {
        Numbered numbered = new Numbered(number, news);
        switch (news) {
            case News.State s -> {
                state = numbered;
                if (!s.job().state().isOut()) {
                    progress = null;
                }
            }
            case News.Progress p -> progress = numbered;
            case News.Unknown u -> throw new IllegalArgumentException("not news of a job: " + u);
        }
        if (remembered.isEmpty()) {
            forgottenUpTo = number - 1;
        }
        remembered.add(numbered);
        if (remembered.size() > limit) {
            forgottenUpTo = remembered.remove().number();
        }
    }

    /** Whether this is beyond what the attempt, or an earlier one, had reached. */
    boolean isAdvance(AttemptId attempt, Position position) {
        return progress == null
                || !(progress.news() instanceof News.Progress before)
                || attempt.number() > before.attempt().number()
                || (attempt.equals(before.attempt()) && position.isBeyond(before.position()));
    }

    /** Everything after the given number; empty if some of that is forgotten. */
    Optional<List<News>> after(long number) {
        if (number < forgottenUpTo) {
            return Optional.empty();
        }
        return Optional.of(remembered.stream()
                .filter(n -> n.number() > number)
                .map(Numbered::news)
                .toList());
    }

    /** The present state, and how far the running attempt has come. */
    List<News> present() {
        List<News> present = new ArrayList<>();
        if (state != null) {
            present.add(state.news());
        }
        if (progress != null) {
            present.add(progress.news());
        }
        return present;
    }

    Optional<News.Progress> progress() {
        return progress != null && progress.news() instanceof News.Progress p ? Optional.of(p) : Optional.empty();
    }

    /** Whether the attempt is the one that is out with a node. */
    boolean isOut(AttemptId attempt) {
        return state != null
                && state.news() instanceof News.State s
                && s.job().state().isOut()
                && s.job().lastAttempt().equals(Optional.of(attempt));
    }

    boolean hasEnded() {
        return state != null
                && state.news() instanceof News.State s
                && s.job().state().isTerminal();
    }
}
